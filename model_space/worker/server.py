"""The process that trains, from within: a server that forks, and its forks.

The server reads the data and imports Keras once, and forks to train: what a run leaks or breaks
ends with its fork. TensorFlow and JAX do not survive a fork once they have begun to compute, so
the server itself never does. A fork trains one run after another, as it keeps what it has traced;
it ends where a run fails, and when it keeps much.

Every request and answer is a JSON object on a line: once the data set, whose reading is told of
where it takes long, with the objective and what code of the user's own the runs need; then a job a
run, which the server hands to its fork. A job may say to train on all images but the test images,
and where to save the network; or to look at what is the user's own. The fork answers with the
epochs, each of which is acknowledged, and with the outcome, an error, or that it stopped; the
server tells of a fork that dies within a run. A request to stop may come at any time.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import os
import queue
import selectors
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from model_space.budget import Budget
from model_space.child import answer_stream, ending_with
from model_space.custom.loading import OwnError
from model_space.data import DataError, load
from model_space.training.checkpoint import Stopped
from model_space.training.objectives import objective

if TYPE_CHECKING:
    from model_space.training.trainer import Trainer

_MOST_NETWORKS = 8
"""How many traced networks, of about 20 MB each, a fork keeps before another takes its place."""
_MOST_RUNS = 64
"""How many runs a fork trains, each of which leaves a megabyte or two, before that."""


def serve() -> None:
    """Answer the requests on standard input until they end."""
    told = answer_stream()

    def answer(**message: Any) -> None:
        told.write(json.dumps(message) + "\n")
        told.flush()

    requests = os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    with ending_with(os.getppid()):
        request = json.loads(requests.readline())
        own = request.pop("own"), request.pop("network")
        judged_by = objective(request.pop("objective"))
        try:
            data = load(
                **request,
                reading=lambda done, of: answer(reading=done, of=of),
            )
        except DataError as error:
            answer(unusable=str(error))
            return
        except OSError as error:
            answer(unusable=f"the data cannot be read ({error}); mend that, or give other --data")
            return
        sizes = {part: len(getattr(data, part)[1]) for part in ("train", "validation", "test")}
        answer(
            classes=data.classes,
            image_shape=data.image_shape,
            fingerprint=data.fingerprint(),
            sound=data.sound and asdict(data.sound),
            class_counts=data.class_counts(),
            **sizes,
        )
        # Only now, so that data that cannot be used is refused before Keras is imported.
        from model_space.custom.registry import load_kit
        from model_space.training.trainer import Trainer

        try:
            trainer = Trainer(data, load_kit(*own), judged_by)
        except OwnError as error:
            answer(unusable=str(error))
            return
        answer(ready=True)
    gc.freeze()  # or every fork would look for garbage in all that was imported
    _supervise(requests, trainer, answer)


def _supervise(requests: FileIO, trainer: Trainer, answer: Callable[..., None]) -> None:
    """Hand jobs to a fork and its answers on, until the requests end; fork where there is none."""
    fork: _Fork | None = None
    with selectors.DefaultSelector() as ready:
        ready.register(requests, selectors.EVENT_READ)
        while True:
            # The fork's answers come first, or a job might go to one that has just died.
            for key in sorted((k for k, _ in ready.select()), key=lambda k: k.fileobj is requests):
                if key.fileobj is requests:
                    if not (line := requests.readline()):
                        return
                    is_job = not {"stop", "go_on"} & json.loads(line).keys()
                    if is_job and fork is None:
                        fork = _Fork(trainer)
                        ready.register(fork.answers, selectors.EVENT_READ)
                    if fork is not None:  # else it was for a run that has ended
                        fork.send(line)
                        fork.works = fork.works or is_job
                    continue
                assert fork is not None
                message = fork.receive()
                if message is None or "last" in message:
                    ready.unregister(fork.answers)
                    code, works, fork = fork.wait(), fork.works, None
                    if message is None and works:
                        answer(died=code)
                elif "epoch" not in message:
                    fork.works = False
                if message is not None:
                    answer(**message)


class _Fork:
    """A fork of this process that trains, as the server sees it."""

    def __init__(self, trainer: Trainer) -> None:
        server = os.getpid()
        jobs, jobs_end = os.pipe()
        answers, answers_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(jobs_end)
            os.close(answers)
            try:
                with ending_with(server):
                    _train_runs(trainer, os.fdopen(jobs, "rb"), os.fdopen(answers_end, "w"))
            finally:
                os._exit(0)
        os.close(jobs)
        os.close(answers_end)
        self._jobs = os.fdopen(jobs_end, "wb", buffering=0)
        self.answers = os.fdopen(answers, "rb", buffering=0)
        self.works = False
        """Whether a job is under way."""

    def send(self, line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # `receive` finds that it died
            self._jobs.write(line)

    def receive(self) -> dict[str, Any] | None:
        """The next message, or None where the fork has died."""
        line = self.answers.readline()
        if not line.endswith(b"\n"):
            return None
        message: dict[str, Any] = json.loads(line)
        return message

    def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        self._jobs.close()
        self.answers.close()
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def _train_runs(trainer: Trainer, requests: BufferedReader, answers: TextIO) -> None:
    """Train run after run in a fork, and answer with how each of them went."""
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    acknowledgements: queue.SimpleQueue[bool] = queue.SimpleQueue()
    stop = threading.Event()

    def answer(**message: Any) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    def listen() -> None:
        for line in requests:
            message = json.loads(line)
            if "stop" in message:
                stop.set()
            elif "go_on" in message:
                acknowledgements.put(message["go_on"])
            else:
                jobs.put(message)
        os._exit(1)  # whoever asked for the runs is gone

    def report(epoch: int, objective: float) -> bool:
        answer(epoch=epoch, objective=objective)
        return acknowledgements.get()

    threading.Thread(target=listen, daemon=True).start()
    for number in itertools.count(1):
        result = _train(trainer, jobs.get(), report, stop.is_set)
        full = trainer.networks >= _MOST_NETWORKS or number >= _MOST_RUNS
        if full or not {"outcome", "left_out"} & result.keys():
            answer(**result, last=True)
            break
        answer(**result)
        gc.collect()  # while the next run is chosen: a network is a knot of cycles


def _train(
    trainer: Trainer,
    job: dict[str, Any],
    report: Callable[[int, float], bool],
    stopping: Callable[[], bool],
) -> dict[str, Any]:
    """Do a job, and say how that went."""
    try:
        budget = Budget(**job["budget"])
        if "techniques" in job:
            return {"left_out": trainer.survey(job["techniques"], budget)}
        choice = job["choice"]
        final = job.get("train_on") == "all"
        trainer = trainer.joined if final else trainer
        outcome = trainer.train(
            choice,
            budget,
            job["seed"],
            report,
            checkpoint=job["checkpoint"] and Path(job["checkpoint"]),
            stopping=stopping,
            kept=final,
        )
        if job.get("save"):
            trainer.save(choice, budget, Path(job["save"]))
    except Stopped:
        return {"stopped": True}
    except OwnError as error:
        return {"unusable": str(error)}
    except BaseException as error:
        kind = "out of memory" if _is_of_memory(error) else type(error).__name__
        return {"error": f"{kind}: {_reason(error)}"}
    return {"outcome": asdict(outcome)}


def _is_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: Python's, TensorFlow's or, by its code at the beginning, JAX's."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "ResourceExhaustedError"}) or str(error).startswith(
        "RESOURCE_EXHAUSTED"
    )


def _reason(error: BaseException) -> str:
    """The first line of its message, but for the stack that TensorFlow puts before it."""
    stack = ("Graph execution error:", "Detected at node ", "  File ")
    lines = (line for line in str(error).splitlines() if line and not line.startswith(stack))
    return next(lines, "no message")


if __name__ == "__main__":
    serve()
