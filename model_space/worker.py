"""The process that trains: it holds TensorFlow, so that nothing else has to.

The parent and the child exchange one JSON object a line: the data set once, then a job a run,
answered by its epochs, each of which the parent acknowledges, and by its outcome. TensorFlow's
messages, and the child's own on a crash, go to a log file.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any

from model_space.data import DataError, load
from model_space.techniques import Choice

RUNS_PER_PROCESS = 50
"""TensorFlow keeps about 20 MB of every network it has traced until its process ends."""


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
    """A child process that loads one data set and trains one run after another on it."""

    def __init__(self, **data: Any) -> None:
        """Take the arguments of `model_space.data.load`; nothing is read before `start`."""
        self._data = data
        self._process: subprocess.Popen[str] | None = None
        self._runs = 0
        self._log: IO[bytes] | None = None

    def start(self) -> DataFacts:
        """Start the process, read the data and import TensorFlow.

        Raises `DataError`, before TensorFlow is imported, where the data cannot be used.
        """
        environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - `stop` closes it
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment,
            # A group of its own: Ctrl-C in the terminal reaches the parent alone, which
            # records the interruption and ends the child.
            start_new_session=True,
        )
        self._runs = 0
        self._send(self._data)
        answer = self._receive()
        if "unusable" in answer:
            self.stop()
            raise DataError(answer["unusable"])
        self._receive()  # TensorFlow is there
        answer["image_shape"] = tuple(answer["image_shape"])
        return DataFacts(**answer)

    def train(
        self,
        choice: Choice,
        budget: dict[str, Any],
        seed: int,
        report: Callable[[int, float], bool],
    ) -> dict[str, Any]:
        """Train one run and return its `Outcome` as a dictionary.

        `budget` holds the fields of `Budget`; `report(epoch, accuracy)` says whether to go on.
        Raises `TrainingError` where the run fails; the next call starts a new process if need
        be.
        """
        if self._process is None or self._runs == RUNS_PER_PROCESS:
            self.stop()
            self.start()
        self._runs += 1
        self._send({"choice": choice, "budget": budget, "seed": seed})
        while "outcome" not in (answer := self._receive()):
            if "error" in answer:
                raise TrainingError(answer["error"])
            self._send({"go_on": report(answer["epoch"], answer["accuracy"])})
        outcome: dict[str, Any] = answer["outcome"]
        return outcome

    def stop(self) -> None:
        """End the process at once, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
        if self._log is not None:
            self._log.close()
            self._log = None

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # `_receive` says how it died
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            answer: dict[str, Any] = json.loads(line)
            return answer
        code, last_line = self._process.wait(), self._last_line()
        self.stop()
        if code < 0:
            memory = " (out of memory?)" if code == -signal.SIGKILL else ""
            raise TrainingError(f"the training process was killed by signal {-code}{memory}")
        raise TrainingError(f"the training process ended with exit code {code}: {last_line}")

    def _last_line(self) -> str:
        assert self._log is not None
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 2000))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _serve() -> None:
    # Libraries that print must not be taken for answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def answer(**message: Any) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    requests = _requests()
    try:
        data = load(**next(requests))
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
    from model_space.training import Budget, train

    answer(ready=True)

    def report(epoch: int, accuracy: float) -> bool:
        answer(epoch=epoch, accuracy=accuracy)
        return bool(next(requests)["go_on"])

    for job in requests:
        try:
            outcome = train(job["choice"], data, Budget(**job["budget"]), job["seed"], report)
        except Exception as error:
            reason = (str(error).strip() or "no message").splitlines()[0]
            answer(error=f"{type(error).__name__}: {reason}")
        else:
            answer(outcome=asdict(outcome))


def _requests() -> Iterator[dict[str, Any]]:
    """The parent's lines; the process ends with its parent, in the middle of an epoch too."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield json.loads(lines.get())


if __name__ == "__main__":
    _serve()
