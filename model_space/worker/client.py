"""The client of a worker: it drives a process that holds Keras, so that nothing else has to.

Whatever Keras' backend prints, and the process itself on a crash, goes to a log file.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from model_space.budget import Budget
from model_space.child import running
from model_space.custom.code import CustomCodeError
from model_space.data import DataError, DataSpec, Progress
from model_space.facts import DataFacts
from model_space.outcome import Outcome, Report
from model_space.pictures import Picture, Strip
from model_space.recipe import Recipe
from model_space.training.checkpoint import Stopped
from model_space.worker.environment import keras_environment
from model_space.worker.messages import (
    CodeRefused,
    Command,
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
    JobEnd,
    Message,
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

__all__ = ["Stopped", "Surveyed", "TrainingError", "Worker", "Workload"]

_OF_MEMORY = tuple(
    getattr(signal, name, None)  # Windows, where studies are read, has not all of them
    for name in ("SIGKILL", "SIGSEGV", "SIGABRT", "SIGBUS")
)
"""Signals of a process for which there was not enough, if they may have other causes too."""
_SECONDS_TO_DIE = 5.0
"""Until a process that answers no more is killed; one that is dying takes less."""


class TrainingError(RuntimeError):
    """A run has failed, or its process has died; the message says how."""


class Worker:
    """A child process that loads one data set and trains one run after another on it.

    One thread at a time starts it and trains; any thread may stop it.
    """

    def __init__(
        self, workload: Workload | DataSpec, environment: Mapping[str, str] | None = None
    ) -> None:
        """Train runs of a workload, or on some data; nothing is read before `start`.

        `environment` is added to that of the child, for CUDA_VISIBLE_DEVICES and the like; Keras
        runs on TensorFlow unless it has another KERAS_BACKEND.
        """
        self._environment = environment or {}
        self._workload = Workload(workload) if isinstance(workload, DataSpec) else workload
        self._server: _Server | None = None
        self._lock = threading.Lock()  # while `_server` is replaced, so that `stop` misses none
        self._asked_to_stop = False

    def start(self, reading: Progress = lambda done, of: None) -> DataFacts:
        """Start the process, read the data and import Keras.

        `reading` is called about once a second with the number of images decoded and of all.
        Raises `DataError`, before Keras is imported, where the data cannot be used,
        `CustomCodeError` where the user's code cannot, and `TrainingError` where the process dies.
        """
        self.stop()
        return self._start(reading)[1]

    def survey(self, techniques: Sequence[str], budget: Budget) -> Surveyed:
        """Try the user's code, and return what is to be known before a study relies on it.

        Raises `CustomCodeError` where some of the code cannot be used; otherwise as `train`.
        """
        end = self._do(Survey(tuple(techniques), budget))
        if isinstance(end, CodeRefused):
            raise CustomCodeError(end.reason)
        if isinstance(end, Surveyed):
            return end
        raise _error(end)

    def strips(self, recipe: Recipe) -> tuple[Strip, ...]:
        """Draw some training images as they are, and as each technique of a recipe makes them.

        Empty where none of them touches an image. Raises as `train`.
        """
        end = self._do(DrawStrips(recipe))
        if isinstance(end, StripsDrawn):
            return end.strips
        raise _error(end)

    def test_pictures(self, rows: Sequence[int]) -> tuple[Picture, ...]:
        """Draw some of the test images, given their rows. Raises as `train`."""
        end = self._do(DrawTestImages(tuple(rows)))
        if isinstance(end, ImagesDrawn):
            return end.pictures
        raise _error(end)

    def train(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        *,
        detailed: bool = False,
    ) -> Outcome:
        """Train one run.

        `report` takes each epoch, from 1, and its validation objective, and returns True to go on.
        The state of the run is kept in `checkpoint` while it lasts. The outcome of a `detailed` run
        has the mistakes on the test images, and the objective on training images by epoch. Raises
        `Stopped` once `ask_to_stop` was called, and `TrainingError` where the run fails; the next
        call starts a new process if need be.
        """
        job = Train(recipe, budget, seed, _text(checkpoint), detailed=detailed)
        return self._run(job, report)

    def train_final(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        save: Path | None = None,
    ) -> Outcome:
        """Train one run on the training and validation images together; otherwise as `train`.

        The objective reported for an epoch is on images that are trained on. `checkpoint` is kept
        at the end, so that the same call returns the same again, and at once. The network is
        written to `save`, whose name ends in .keras. Raises `CustomCodeError`, before anything is
        trained, where it could not be.
        """
        save = save and save.resolve()
        job = Train(
            recipe, budget, seed, _text(checkpoint), final=True, save=_text(save), detailed=True
        )
        return self._run(job, report)

    def _run(self, job: Train, report: Report) -> Outcome:
        end = self._do(job, report)
        if isinstance(end, Trained):
            return end.outcome
        if isinstance(end, CodeRefused) and job.final:
            raise CustomCodeError(end.reason)
        raise _error(end)

    def _do(self, job: Job, report: Report = lambda epoch, objective: True) -> JobEnd:
        """Send a job, report its epochs, and return the server's answer at its end."""
        if self._asked_to_stop:
            raise Stopped
        server = self._server or self._start()[0]
        server.send(job)
        if self._asked_to_stop:  # perhaps before the job was sent, when it would stop nothing
            server.send(Stop())
        try:
            while isinstance(answer := self._receive(server), EpochEnded):
                server.send(GoOn(report(answer.epoch, answer.objective)))
        except BaseException:
            self.stop()  # the run would wait for its acknowledgement
            raise
        if isinstance(answer, Died):
            raise TrainingError(server.epitaph(answer.exit_code))
        assert isinstance(answer, JobEnd)
        return answer

    def ask_to_stop(self) -> None:
        """End the run under way after its batch, and let no other begin: `train` raises `Stopped`.

        May be called from any thread or signal handler, at any time.
        """
        self._asked_to_stop = True
        if (server := self._server) is not None:
            server.send(Stop())

    def stop(self) -> None:
        """End the process at once, whatever it is doing.

        May be called from any thread; where another is in `train`, that raises `TrainingError`.
        """
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.kill()

    def _start(self, reading: Progress = lambda done, of: None) -> tuple[_Server, DataFacts]:
        with self._lock:
            server = self._server = _Server(self._environment, self._workload)
        while isinstance(answer := self._receive(server), Decoding):
            reading(answer.done, answer.of)
        if isinstance(answer, DataRefused):
            self.stop()
            raise DataError(answer.reason)
        assert isinstance(answer, DataRead)
        if isinstance(ready := self._receive(server), CodeRefused):  # else Keras is there
            self.stop()
            raise CustomCodeError(ready.reason)
        return server, answer.facts

    def _receive(self, server: _Server) -> Message:
        if (message := server.receive()) is not None:
            return message
        stopped = self._server is not server
        self.stop()
        if self._asked_to_stop:
            raise Stopped
        raise TrainingError("the training process was stopped" if stopped else server.epitaph())


def _error(end: JobEnd) -> Exception:
    """Return the exception for a job that did not end well."""
    if isinstance(end, Failed | CodeRefused):
        return TrainingError(end.reason)
    assert isinstance(end, Interrupted)
    return Stopped()


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


class _Server:
    """The child process, as its parent sees it."""

    def __init__(self, environment: Mapping[str, str], workload: Workload) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        self._process = subprocess.Popen(
            running("model_space.worker.server"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,  # a line is one write, whichever thread sends it
            env={**keras_environment(), "KERAS_BACKEND": "tensorflow", **environment},
            # A group of its own: Ctrl-C in the terminal reaches the parent alone, which
            # records the interruption and ends the child.
            start_new_session=True,
        )
        # Not before the last thread is done with them: one may be reading while another kills.
        for file in (self._process.stdin, self._process.stdout, self._log):
            assert file is not None
            weakref.finalize(self, file.close)
        self.send(workload)

    def send(self, message: Command) -> None:
        """Send a message; none is received by a process that has died."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # `receive` finds that it died
            self._process.stdin.write(encode(message))

    def receive(self) -> Message | None:
        """Return the next message, or None where the process has died."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line.endswith(b"\n"):
            return decode(line)
        with contextlib.suppress(subprocess.TimeoutExpired):  # so that it dies of its own cause
            self._process.wait(_SECONDS_TO_DIE)
        return None

    def kill(self) -> None:
        """Kill the server and its fork, and wait for the server."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it died just now
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def epitaph(self, code: int | None = None) -> str:
        """Describe how a process died: a fork with this exit code, or else the server itself."""
        if code is None:
            code = self._process.wait()
        if code < 0:
            memory = " (out of memory?)" if -code in _OF_MEMORY else ""
            return f"the training process was killed by signal {-code}{memory}"
        return f"the training process ended with exit code {code}: {self._last_line()}"

    def _last_line(self) -> str:
        # The child writes at the offset that it shares with this file: leave that alone.
        size = os.fstat(self._log.fileno()).st_size
        end = os.pread(self._log.fileno(), 2000, max(0, size - 2000))
        lines = end.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it printed nothing"
