"""The process that trains, from without: it holds Keras, so that nothing else has to.

It is told what to do, and answers, as `model_space.worker.server` describes. What Keras' backend
prints, and the process itself on a crash, goes to a log file.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_space.custom.loading import OwnError
from model_space.data import DataError
from model_space.data.source import Reading
from model_space.techniques import Choice
from model_space.training.checkpoint import Stopped

__all__ = ["DataFacts", "Stopped", "TrainingError", "Worker"]

ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    # Both would take a GPU's memory to themselves, whatever their share of the GPU.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    # OpenBLAS would start threads when it is imported; a process that forks should have one.
    "OPENBLAS_NUM_THREADS": "1",
    # So would Arrow, which TensorFlow imports by way of pandas where both are installed.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""Of every process in which Keras runs, unless the user's says otherwise."""


class TrainingError(RuntimeError):
    """A run raised, or its process died; the message says how."""


@dataclass(frozen=True)
class DataFacts:
    """What a study keeps of its data."""

    classes: list[str]
    image_shape: tuple[int, int, int]
    train: int
    validation: int
    test: int
    fingerprint: str
    sound: dict[str, float] | None = None
    """The fields of `model_space.data.mel.Spectrogram`; None where the data are images."""
    class_counts: dict[str, list[int]] | None = None
    """How many of each class, in their order, are in `train` and in `validation`."""


class Worker:
    """A child process that loads one data set and trains one run after another on it.

    One thread at a time starts it and trains; any thread may stop it.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        own: Mapping[str, Mapping[str, Any]] | None = None,
        network: Mapping[str, Any] | None = None,
        objective: str = "accuracy",
        **data: Any,
    ) -> None:
        """Take the arguments of `model_space.data.load`; nothing is read before `start`.

        `own` and `network` are as `model_space.custom.loading.describe` returns them, for runs that
        need them. `objective`, a name of `model_space.training.objectives`, is what every run is
        judged by.
        `environment` is added to that of the child, for CUDA_VISIBLE_DEVICES and the like;
        Keras runs on TensorFlow unless it has another KERAS_BACKEND.
        """
        self._environment = environment or {}
        self._request = {**data, "own": own or {}, "network": network, "objective": objective}
        self._server: _Server | None = None
        self._lock = threading.Lock()  # while `_server` is replaced, so that `stop` misses none
        self._asked_to_stop = False

    def start(self, reading: Reading = lambda done, of: None) -> DataFacts:
        """Start the process, read the data and import Keras.

        `reading` is told how many images of how many have been decoded. Raises `DataError`, before
        Keras is imported, where the data cannot be used, `OwnError` where the user's own code
        cannot, and `TrainingError` where the process dies.
        """
        self.stop()
        return self._start(reading)[1]

    def survey(self, techniques: Sequence[str], budget: dict[str, Any]) -> tuple[str, ...]:
        """Look at what is the user's own; returns the techniques that its network has no stage for.

        Raises `OwnError` where something is not what a study needs, and else as `train`.
        """
        answer = self._answer(techniques=list(techniques), budget=budget)
        if "unusable" in answer:
            raise OwnError(answer["unusable"])
        return tuple(self._of(answer, "left_out"))

    def train(
        self,
        choice: Choice,
        budget: dict[str, Any],
        seed: int,
        report: Callable[[int, float], bool],
        checkpoint: Path | None = None,
    ) -> dict[str, Any]:
        """Train one run and return its `Outcome` as a dictionary.

        `budget` holds the fields of `Budget`; `report(epoch, objective)` says whether to go on;
        the run's state is kept in `checkpoint`. Raises `Stopped` once `ask_to_stop` was called,
        and `TrainingError` where the run fails; the next call starts a new process if need be.
        """
        return self._run(
            report, choice=choice, budget=budget, seed=seed,
            checkpoint=checkpoint and str(checkpoint),
        )  # fmt: skip

    def train_final(
        self,
        choice: Choice,
        budget: dict[str, Any],
        seed: int,
        report: Callable[[int, float], bool],
        checkpoint: Path | None = None,
        save: Path | None = None,
    ) -> dict[str, Any]:
        """Train on the training and validation images together; else as `train`.

        What is reported of an epoch is the objective on images that are trained on. `checkpoint`
        stays, so that the same call comes to the same again, and at once. The network is written
        to `save`, whose name ends in .keras.
        """
        return self._run(
            report, choice=choice, budget=budget, seed=seed, train_on="all",
            checkpoint=checkpoint and str(checkpoint), save=save and str(save.resolve()),
        )  # fmt: skip

    def _run(self, report: Callable[[int, float], bool], **job: Any) -> dict[str, Any]:
        outcome: dict[str, Any] = self._of(self._answer(report, **job), "outcome")
        return outcome

    def _answer(
        self, report: Callable[[int, float], bool] = lambda epoch, accuracy: True, **job: Any
    ) -> dict[str, Any]:
        """What the server says of a job at its end, its epochs reported."""
        if self._asked_to_stop:
            raise Stopped
        server = self._server or self._start()[0]
        server.send(**job)
        if self._asked_to_stop:  # perhaps before the job was sent, when it would stop nothing
            server.send(stop=True)
        try:
            while "epoch" in (answer := self._receive(server)):
                server.send(go_on=report(answer["epoch"], answer["objective"]))
        except BaseException:
            self.stop()  # the run would wait for its acknowledgement
            raise
        if "died" in answer:
            raise TrainingError(server.epitaph(answer["died"]))
        return answer

    @staticmethod
    def _of(answer: dict[str, Any], what: str) -> Any:
        if "stopped" in answer:
            raise Stopped
        if what not in answer:
            raise TrainingError(answer.get("error") or answer["unusable"])
        return answer[what]

    def ask_to_stop(self) -> None:
        """End the run under way after its batch, and let no other begin: `train` raises `Stopped`.

        May be called from any thread or signal handler, at any time.
        """
        self._asked_to_stop = True
        if (server := self._server) is not None:
            server.send(stop=True)

    def stop(self) -> None:
        """End the process at once, whatever it is doing.

        May be called from any thread; where another is in `train`, that raises `TrainingError`.
        """
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.kill()

    def _start(self, reading: Reading = lambda done, of: None) -> tuple[_Server, DataFacts]:
        with self._lock:
            server = self._server = _Server(self._environment, self._request)
        while "reading" in (answer := self._receive(server)):
            reading(answer["reading"], answer["of"])
        if "unusable" in answer:
            self.stop()
            raise DataError(answer["unusable"])
        if "unusable" in (ready := self._receive(server)):  # else Keras is there
            self.stop()
            raise OwnError(ready["unusable"])
        answer["image_shape"] = tuple(answer["image_shape"])
        return server, DataFacts(**answer)

    def _receive(self, server: _Server) -> dict[str, Any]:
        if (message := server.receive()) is not None:
            return message
        stopped = self._server is not server
        self.stop()
        if self._asked_to_stop:
            raise Stopped
        raise TrainingError("the training process was stopped" if stopped else server.epitaph())


class _Server:
    """The child process, as its parent sees it."""

    def __init__(self, environment: Mapping[str, str], request: Mapping[str, Any]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        self._process = subprocess.Popen(
            [sys.executable, "-m", "model_space.worker.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,  # a line is one write, whichever thread sends it
            env={**ENVIRONMENT, **os.environ, "KERAS_BACKEND": "tensorflow", **environment},
            # A group of its own: Ctrl-C in the terminal reaches the parent alone, which
            # records the interruption and ends the child.
            start_new_session=True,
        )
        # Not before the last thread is done with them: one may be reading while another kills.
        for file in (self._process.stdin, self._process.stdout, self._log):
            assert file is not None
            weakref.finalize(self, file.close)
        self.send(**request)

    def send(self, **message: Any) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # `receive` finds that it died
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any] | None:
        """The next message, or None where the process has died."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        message: dict[str, Any] = json.loads(line)
        return message

    def kill(self) -> None:
        """Kill the server and its fork, and wait for the server."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it died just now
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def epitaph(self, code: int | None = None) -> str:
        """Say how a process died: a fork with this exit code, or else the server itself."""
        if code is None:
            code = self._process.wait()
        if code < 0:
            memory = " (out of memory?)" if code == -signal.SIGKILL else ""
            return f"the training process was killed by signal {-code}{memory}"
        return f"the training process ended with exit code {code}: {self._last_line()}"

    def _last_line(self) -> str:
        # The child writes at the offset that it shares with this file: leave that alone.
        size = os.fstat(self._log.fileno()).st_size
        end = os.pread(self._log.fileno(), 2000, max(0, size - 2000))
        lines = end.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"
