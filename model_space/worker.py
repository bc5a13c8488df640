"""The process that trains: it holds TensorFlow, so that nothing else has to.

The process is a server that reads the data and imports TensorFlow once, and forks to train:
what a run leaks or breaks ends with its fork. TensorFlow does not survive a fork once it has
begun to compute, so the server itself never does. A fork trains one run after another, as it
keeps what it has traced; it ends where a run fails, and when it keeps much.

Parent and child exchange one JSON object a line: the data set once, then a job a run, which the
server hands to its fork. The fork answers with the epochs, each of which the parent
acknowledges, and with the outcome, an error, or that it stopped; the server tells of a fork that
dies within a run. A request to stop may come at any time. TensorFlow's messages, and the child's
own on a crash, go to a log file.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import os
import queue
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from model_space.checkpoint import Stopped
from model_space.data import DataError, load
from model_space.techniques import Choice

if TYPE_CHECKING:
    from model_space.training import Trainer

__all__ = ["DataFacts", "Stopped", "TrainingError", "Worker"]

_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    # TensorFlow would take all of a GPU's memory, whatever its share of the GPU.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    # OpenBLAS would start threads when it is imported; a process that forks should have one.
    "OPENBLAS_NUM_THREADS": "1",
}
_MOST_NETWORKS = 8
"""How many traced networks, of about 20 MB each, a fork keeps before another takes its place."""
_MOST_RUNS = 64
"""How many runs a fork trains, each of which leaves a megabyte or two, before that."""


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


class Worker:
    """A child process that loads one data set and trains one run after another on it.

    One thread at a time starts it and trains; any thread may stop it.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, **data: Any) -> None:
        """Take the arguments of `model_space.data.load`; nothing is read before `start`.

        `environment` is added to that of the child, for CUDA_VISIBLE_DEVICES and the like.
        """
        self._environment = environment or {}
        self._data = data
        self._server: _Server | None = None
        self._lock = threading.Lock()  # while `_server` is replaced, so that `stop` misses none
        self._asked_to_stop = False

    def start(self) -> DataFacts:
        """Start the process, read the data and import TensorFlow.

        Raises `DataError`, before TensorFlow is imported, where the data cannot be used, and
        `TrainingError` where the process dies.
        """
        self.stop()
        return self._start()[1]

    def train(
        self,
        choice: Choice,
        budget: dict[str, Any],
        seed: int,
        report: Callable[[int, float], bool],
        checkpoint: Path | None = None,
    ) -> dict[str, Any]:
        """Train one run and return its `Outcome` as a dictionary.

        `budget` holds the fields of `Budget`; `report(epoch, accuracy)` says whether to go on;
        the run's state is kept in `checkpoint`. Raises `Stopped` once `ask_to_stop` was called,
        and `TrainingError` where the run fails; the next call starts a new process if need be.
        """
        if self._asked_to_stop:
            raise Stopped
        server = self._server or self._start()[0]
        server.send(
            choice=choice, budget=budget, seed=seed, checkpoint=checkpoint and str(checkpoint)
        )
        if self._asked_to_stop:  # perhaps before the job was sent, when it would stop nothing
            server.send(stop=True)
        try:
            while "epoch" in (answer := self._receive(server)):
                server.send(go_on=report(answer["epoch"], answer["accuracy"]))
        except BaseException:
            self.stop()  # the run would wait for its acknowledgement
            raise
        if "stopped" in answer:
            raise Stopped
        if "outcome" not in answer:
            raise TrainingError(answer.get("error") or server.epitaph(answer["died"]))
        outcome: dict[str, Any] = answer["outcome"]
        return outcome

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

    def _start(self) -> tuple[_Server, DataFacts]:
        with self._lock:
            server = self._server = _Server(self._environment, self._data)
        answer = self._receive(server)
        if "unusable" in answer:
            self.stop()
            raise DataError(answer["unusable"])
        self._receive(server)  # TensorFlow is there
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

    def __init__(self, environment: Mapping[str, str], data: Mapping[str, Any]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,  # a line is one write, whichever thread sends it
            env={**_ENVIRONMENT, **os.environ, **environment, "KERAS_BACKEND": "tensorflow"},
            # A group of its own: Ctrl-C in the terminal reaches the parent alone, which
            # records the interruption and ends the child.
            start_new_session=True,
        )
        # Not before the last thread is done with them: one may be reading while another kills.
        for file in (self._process.stdin, self._process.stdout, self._log):
            assert file is not None
            weakref.finalize(self, file.close)
        self.send(**data)

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


def _serve() -> None:
    # Libraries that print must not be taken for answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def answer(**message: Any) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    requests = os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    with _ending_with(os.getppid()):
        try:
            data = load(**json.loads(requests.readline()))
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
            **sizes,
        )
        # Only now, so that data that cannot be used is refused before TensorFlow is imported.
        from model_space.training import Trainer

        trainer = Trainer(data)
        answer(ready=True)
    gc.freeze()  # or every fork would look for garbage in all that was imported
    _supervise(requests, trainer, answer)


def _supervise(requests: FileIO, trainer: Trainer, answer: Callable[..., None]) -> None:
    """Hand jobs to a fork and its answers on, until the requests end; fork where there is none."""
    fork: _Fork | None = None
    with selectors.DefaultSelector() as ready:
        ready.register(requests, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is requests:
                    if not (line := requests.readline()):
                        return
                    is_job = b'"choice"' in line
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
                with _ending_with(server):
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

    def report(epoch: int, accuracy: float) -> bool:
        answer(epoch=epoch, accuracy=accuracy)
        return acknowledgements.get()

    threading.Thread(target=listen, daemon=True).start()
    for number in itertools.count(1):
        result = _train(trainer, jobs.get(), report, stop.is_set)
        full = trainer.networks >= _MOST_NETWORKS or number >= _MOST_RUNS
        if full or "outcome" not in result:
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
    """Train a run, and say how that went."""
    import tensorflow as tf

    from model_space.budget import Budget

    try:
        outcome = trainer.train(
            job["choice"],
            Budget(**job["budget"]),
            job["seed"],
            report,
            checkpoint=job["checkpoint"] and Path(job["checkpoint"]),
            stopping=stopping,
        )
    except Stopped:
        return {"stopped": True}
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        return {"error": f"out of memory: {_reason(error)}"}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {_reason(error)}"}
    return {"outcome": asdict(outcome)}


def _reason(error: BaseException) -> str:
    """The first line of its message, but for the stack that TensorFlow puts before it."""
    stack = ("Graph execution error:", "Detected at node ", "  File ")
    lines = (line for line in str(error).splitlines() if line and not line.startswith(stack))
    return next(lines, "no message")


@contextlib.contextmanager
def _ending_with(parent: int) -> Iterator[None]:
    """In here this process ends within a second of its parent, whatever it is doing."""
    left = threading.Event()

    def watch() -> None:
        while not left.wait(timeout=1):
            if os.getppid() != parent:
                os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield
    left.set()
    watcher.join()


if __name__ == "__main__":
    _serve()
