"""The workers of a study as tasks of a Ray cluster: Ray places them, and places them again.

The study's storage remains the one truth: a task knows its study by name, and takes its runs from
there like any other worker, so that a task that Ray starts anew simply goes on.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

import optuna

from search.errors import InputError, first_line
from search.running.following import StudyWatch
from search.running.hardware import parse_count, threads_of_each
from search.running.study import join
from search.storage.urls import located, redact, sqlite_file

try:
    import ray
except ImportError:
    ray = None

_CPUS_PER_WORKER = 4
_SECONDS_TO_ANSWER = 5


class RayWorkers:
    """Workers on an existing Ray cluster, each with its share of CPUs or its GPU."""

    def __init__(self, address: str, url: str, workers: str, per_gpu: int | None) -> None:
        """Connect to the cluster at an address: `auto`, `HOST:PORT` or `ray://HOST:PORT`.

        `workers` is a number, or `auto`: one for each GPU, or `per_gpu`; where the cluster has
        none, one for each four CPUs of a node. Raises `InputError` where Ray is not installed,
        the cluster does not answer, has fewer GPUs than that, or cannot reach the storage.
        """
        if ray is None:
            raise InputError("--ray needs Ray, which pip install 'kouka[ray]' installs")
        _connect(address)
        nodes = [node for node in ray.nodes() if node["Alive"]]
        machines = {node["NodeManagerAddress"] for node in nodes}
        if len(machines) > 1 and sqlite_file(url) is not None:
            raise InputError(
                f"the {len(machines)} machines of --ray {address} cannot share the file "
                f"{redact(url)}; --storage takes a postgresql or mysql URL there, and `kouka copy` "
                "moves a study"
            )
        resources = [node["Resources"] for node in nodes]
        cpus = [int(node.get("CPU", 0)) for node in resources]
        gpus = int(sum(node.get("GPU", 0) for node in resources))
        self.workers, self._options = _shares(workers, per_gpu, cpus, gpus)
        self._tasks: list[Any] = []
        self._errors: list[BaseException] = []
        self._given = 0

    def begin(self, url: str, name: str, checkpoints: Path, deadline: float | None) -> None:
        """Set them to work; a deadline is passed on by the clock, as a task may begin late."""
        ends = None if deadline is None else deadline - time.monotonic() + time.time()
        task = ray.remote(_work).options(**self._options)
        self._tasks = [
            task.remote(located(url), name, checkpoints, ends) for _ in range(self.workers)
        ]

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until all have ended; returns whether any still works.

        Raises the first error of a worker once all have ended, unless others ended well.
        """
        ended, self._tasks = ray.wait(
            self._tasks, num_returns=len(self._tasks), timeout=seconds, fetch_local=False
        )
        for task in ended:
            try:
                ray.get(task)
            except ray.exceptions.TaskCancelledError:
                pass
            except ray.exceptions.RayTaskError as error:
                self._errors.append(error.cause or error)
            except ray.exceptions.RayError as error:
                self._errors.append(error)
        if not self._tasks and len(self._errors) == self.workers:
            raise self._errors[0]
        return bool(self._tasks)

    def ended_early(self) -> list[str]:
        """Reasons why workers ended while others go on; each is given once."""
        new, self._given = self._errors[self._given :], len(self._errors)
        return [first_line(error) for error in new]

    def ask_to_stop(self) -> None:
        """End every run within a second or so, its finished epochs kept."""
        for task in self._tasks:
            ray.cancel(task)

    def stop(self) -> None:
        """End everything at once, and leave the cluster."""
        for task in self._tasks:
            with contextlib.suppress(ray.exceptions.RayError):
                ray.cancel(task, force=True)
        ray.shutdown()


def _connect(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address != "auto":
        if not port.isdecimal():
            raise InputError(
                f"no Ray cluster answers at --ray {address}, which has no port; it takes auto, "
                "HOST:PORT or ray://HOST:PORT of a cluster that `ray start` has started"
            )
        # Ray itself would try for minutes.
        try:
            socket.create_connection((host, int(port)), _SECONDS_TO_ANSWER).close()
        except (OSError, UnicodeError, OverflowError) as error:
            raise InputError(
                f"no Ray cluster answers at --ray {address} ({error}); it takes auto, HOST:PORT or "
                "ray://HOST:PORT of a cluster that `ray start` has started"
            ) from error
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray would print a page about every node that dies, in the midst of the display; nothing is
    # lost with one, and what a worker says is kept.
    ray._private.worker.print_to_stdstream = lambda *message, **options: None
    try:
        ray.init(
            address=address, logging_level=logging.ERROR, log_to_driver=False,
            configure_logging=False,
        )  # fmt: skip
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = first_line(error)
        raise InputError(
            f"no Ray cluster answers at --ray {address}: {reason}; it takes auto, HOST:PORT or "
            "ray://HOST:PORT of a cluster that `ray start` has started"
        ) from error


def _shares(
    workers: str, per_gpu: int | None, cpus: list[int], gpus: int
) -> tuple[int, dict[str, Any]]:
    """The number of workers, and what Ray is to give each of them."""
    asked = None if workers == "auto" else parse_count(workers)
    # A node that dies, or a worker that is killed, costs a try of Ray's, not of a run's.
    options: dict[str, Any] = {"max_retries": -1, "retry_exceptions": False}
    if gpus:
        carried = gpus * (per_gpu or 1)
        count = asked or carried
        if count > carried:
            raise InputError(
                f"--workers {workers} is more than the cluster's GPUs carry ({gpus}); "
                f"--workers-per-gpu {-(-count // gpus)} lets them share"
            )
        return count, {**options, "num_cpus": 1, "num_gpus": 1 / (per_gpu or 1)}
    most = max(cpus, default=1)
    if asked is None:
        each = max(1, min(_CPUS_PER_WORKER, most))
        return max(1, sum(count // each for count in cpus)), {**options, "num_cpus": each}
    each = max(1, min(_CPUS_PER_WORKER, most, sum(cpus) // asked))
    return asked, {**options, "num_cpus": each}


def _work(url: str, name: str, checkpoints: Path, ends: float | None) -> None:
    """Join the study as `kouka worker` does, and show nothing: a task of the cluster."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threads = os.environ.get("OMP_NUM_THREADS", "1")  # Ray sets it to the task's CPUs
    environment = threads_of_each(threads)
    deadline = None if ends is None else time.monotonic() + ends - time.time()
    join(
        url, name, [environment], StudyWatch(), lambda study, results: None,
        checkpoints=checkpoints, deadline=deadline,
    )  # fmt: skip
