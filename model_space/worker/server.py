"""The server of a worker: a process that reads the data, and the forks of it that train.

The server reads the data and imports Keras once, and forks to train: whatever a run leaks or breaks
ends with its fork. TensorFlow and JAX do not survive a fork once they have begun to compute, so
the server itself never does. A fork trains one run after another, as it keeps the networks that it
has compiled; it ends where a run fails, and when it keeps many. The server hands jobs to its fork
and the answers on to the client, as `model_space.worker.messages` describes.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import queue
import selectors
import sys
import threading
import traceback
from collections.abc import Callable
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from model_space.child import answer_stream, ending_with, import_keras
from model_space.custom.code import CustomCodeError
from model_space.data import DataError, load_spec
from model_space.facts import DataFacts
from model_space.outcome import Report
from model_space.training.checkpoint import Stopped
from model_space.training.scorers import scorer
from model_space.worker.messages import (
    Answer,
    CodeRefused,
    DataRead,
    DataRefused,
    Decoding,
    Died,
    DrawStrips,
    DrawTestImages,
    EpochEnded,
    Failed,
    GoOn,
    ImagesDrawn,
    Interrupted,
    Job,
    JobDone,
    JobEnd,
    LastJob,
    Message,
    Ready,
    Stop,
    StripsDrawn,
    Survey,
    Surveyed,
    Train,
    Trained,
    Workload,
    decode,
    encode,
)

if TYPE_CHECKING:
    from model_space.training.trainer import Trainer

_MOST_NETWORKS = 8
"""Compiled networks, of about 20 MB each, that a fork keeps before another takes its place."""
_MOST_PARAMETERS = 30_000_000
"""Parameters of all these networks; the optimizer keeps two numbers for each, or three."""
_MOST_RUNS = 64
"""Runs that a fork trains before that; each leaves a megabyte or two."""


def serve() -> None:
    """Answer the messages on standard input until they end."""
    answers = answer_stream()
    requests = os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False)

    def answer(message: Answer) -> None:
        answers.buffer.write(encode(message))
        answers.flush()

    with ending_with(os.getppid()):
        workload = decode(requests.readline())
        assert isinstance(workload, Workload)
        try:
            data = load_spec(workload.data, lambda done, of: answer(Decoding(done, of)))
        except DataError as error:
            answer(DataRefused(str(error)))
            return
        except OSError as error:
            reason = f"the data cannot be read ({error}); make them readable, or give other --data"
            answer(DataRefused(reason))
            return
        answer(DataRead(DataFacts.of(data)))
        # Only now, so that data that cannot be used is refused before Keras is imported.
        import_keras()
        from model_space.custom.registry import load_registry
        from model_space.training.trainer import Trainer

        try:
            registry = load_registry(workload.custom_code)
            trainer = Trainer(data, registry, scorer(workload.objective))
        except CustomCodeError as error:
            answer(CodeRefused(str(error)))
            return
        answer(Ready())
    gc.freeze()  # or every fork would look for garbage in all that was imported
    _supervise(requests, trainer, answer)


def _supervise(requests: FileIO, trainer: Trainer, answer: Callable[[Answer], None]) -> None:
    """Hand jobs to a fork and its answers on, until the requests end; fork where there is none."""
    fork: _Fork | None = None
    with selectors.DefaultSelector() as ready:
        ready.register(requests, selectors.EVENT_READ)
        while True:
            heard = {key.fileobj for key, _ in ready.select()}
            # The fork's answers come first, or a job might go to one that has just died.
            if fork is not None and fork.answers in heard:
                message, last = fork.receive()
                if message is None or last:
                    ready.unregister(fork.answers)
                    code, works, fork = fork.wait(), fork.works, None
                    if message is None and works:
                        answer(Died(code))
                elif not isinstance(message, EpochEnded):
                    fork.works = False
                if message is not None:
                    answer(message)
            if requests in heard:
                if not (line := requests.readline()):
                    return
                is_job = isinstance(decode(line), Job)
                if is_job and fork is None:
                    fork = _Fork(trainer)
                    ready.register(fork.answers, selectors.EVENT_READ)
                if fork is not None:  # else it was for a run that has ended
                    fork.send(line)
                    fork.works = fork.works or is_job


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
            code = 1
            try:
                with ending_with(server):
                    _train_runs(trainer, os.fdopen(jobs, "rb"), os.fdopen(answers_end, "wb"))
                code = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(jobs)
        os.close(answers_end)
        self._jobs = os.fdopen(jobs_end, "wb", buffering=0)
        self.answers = os.fdopen(answers, "rb", buffering=0)
        self.works = False
        """True while a job is under way."""

    def send(self, line: bytes) -> None:
        """Hand a message on."""
        with contextlib.suppress(BrokenPipeError):  # `receive` finds that it died
            self._jobs.write(line)

    def receive(self) -> tuple[Answer | None, bool]:
        """Return the next answer, None where the fork has died, and True where it is its last."""
        message = self._read()
        if isinstance(message, LastJob):
            return self._read(), True
        return message, False

    def _read(self) -> Answer | None:
        line = self.answers.readline()
        if not line.endswith(b"\n"):
            return None
        message = decode(line)
        assert isinstance(message, Answer)
        return message

    def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        self._jobs.close()
        self.answers.close()
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def _train_runs(trainer: Trainer, requests: BufferedReader, answers: BinaryIO) -> None:
    """Do job after job in a fork, and answer with the end of each."""
    jobs: queue.SimpleQueue[Message] = queue.SimpleQueue()
    acknowledgements: queue.SimpleQueue[bool] = queue.SimpleQueue()
    stop = threading.Event()

    def answer(*messages: Answer) -> None:
        answers.write(b"".join(map(encode, messages)))
        answers.flush()

    def listen() -> None:
        for line in requests:
            message = decode(line)
            if isinstance(message, Stop):
                stop.set()
            elif isinstance(message, GoOn):
                acknowledgements.put(message.go_on)
            else:
                jobs.put(message)
        os._exit(1)  # whoever asked for the runs is gone

    def report(epoch: int, objective: float) -> bool:
        answer(EpochEnded(epoch, objective))
        return acknowledgements.get()

    threading.Thread(target=listen, daemon=True).start()
    for number in itertools.count(1):
        job = jobs.get()
        assert isinstance(job, Job)
        end = _do(trainer, job, report, stop.is_set)
        full = (
            trainer.networks >= _MOST_NETWORKS
            or trainer.parameters >= _MOST_PARAMETERS
            or number >= _MOST_RUNS
        )
        if full or not isinstance(end, JobDone):
            answer(LastJob(), end)
            break
        answer(end)
        gc.collect()  # while the next run is chosen: a network is a knot of cycles


def _do(
    trainer: Trainer,
    job: Job,
    report: Report,
    stopping: Callable[[], bool],
) -> JobEnd:
    """Do a job, and return how it ended."""
    try:
        if isinstance(job, Survey):
            findings = trainer.survey(job.techniques, job.budget)
            return Surveyed(findings.left_out, findings.cautions)
        if isinstance(job, DrawStrips):
            return StripsDrawn(trainer.strips(job.recipe))
        if isinstance(job, DrawTestImages):
            return ImagesDrawn(trainer.test_pictures(job.rows))
        return _train(trainer, job, report, stopping)
    except Stopped:
        return Interrupted()
    except CustomCodeError as error:
        return CodeRefused(str(error))
    except BaseException as error:
        kind = "out of memory" if _is_of_memory(error) else type(error).__name__
        return Failed(f"{kind}: {_reason(error)}")


def _train(
    trainer: Trainer,
    job: Train,
    report: Report,
    stopping: Callable[[], bool],
) -> Trained:
    trainer = trainer.joined if job.final else trainer
    outcome = trainer.train(
        job.recipe,
        job.budget,
        job.seed,
        report,
        checkpoint=None if job.checkpoint is None else Path(job.checkpoint),
        stopping=stopping,
        kept=job.final,
        detailed=job.detailed,
    )
    if job.save is not None:
        trainer.save(job.recipe, job.budget, Path(job.save))
    return Trained(outcome)


def _is_of_memory(error: BaseException) -> bool:
    """Recognize that memory ran out: Python's, TensorFlow's or, by its error code, JAX's."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "ResourceExhaustedError"}) or str(error).startswith(
        "RESOURCE_EXHAUSTED"
    )


def _reason(error: BaseException) -> str:
    """Return the first line of a message, past the stack that TensorFlow puts before it."""
    stack = ("Graph execution error:", "Detected at node ", "  File ")
    lines = (line for line in str(error).splitlines() if line and not line.startswith(stack))
    return next(lines, "no message")


if __name__ == "__main__":
    serve()
