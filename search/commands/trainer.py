"""Training by a command: each run is a process, and its score is what it prints or writes."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from model_space.budget import Budget
from model_space.outcome import Outcome, Report
from model_space.recipe import Recipe
from model_space.worker.client import Stopped, TrainingError
from search.commands.filling import fill
from search.commands.metric import FILE, curve_from_file, from_file, longer_word, reader
from search.commands.point import Point
from search.commands.process import OUTPUT, Process
from search.commands.program import POINTS, Metric, Program
from search.errors import StudyFailedError

_MOST_POINTS = 10_000
"""Of a run's curve; a program that prints more is judged by its last value all the same."""
_LAST_LINES = 3
"""Of the output, in the reason of a failure."""
_LONGEST_REASON = 500
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_OF_SHARES = 100.0
"""The scale by which shares from 0 to 1 become points."""


class RunTimeoutError(TrainingError):
    """A run took longer than it may."""


class CommandTrainer:
    """Runs a program's command, one run after another; any thread may stop it."""

    def __init__(self, program: Program, environment: Mapping[str, str] | None = None) -> None:
        """Take a program, and what its processes' environment has beside kouka's own."""
        self._program = program
        self._environment = _with_threads(environment or {})
        self._stopping = threading.Event()
        self._killing = threading.Event()
        self._process: Process | None = None
        self.epoch_ends: tuple[float, ...] = ()
        """Seconds from the begin of the last run to the end of each epoch, as far as it printed
        them."""

    def train(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        folder: Path | None = None,
        *,
        detailed: bool = False,
    ) -> Outcome:
        """Run the command once, and return what it printed at its end.

        `folder` is the run's own, which is there and empty. `report` takes each point of the curve
        and returns True to go on. A program has no more details to give of a `detailed` run.
        Raises `Stopped` once `ask_to_stop` was called, `TrainingError` where the run fails,
        `RunTimeoutError` where it takes too long, and `StudyFailedError` where none can begin.
        """
        assert folder is not None
        if self._stopping.is_set():
            raise Stopped
        program = self._program
        filled = fill(program, recipe, budget.epochs, seed, str(folder))
        environment = {**self._environment, **filled.environment}
        filled = replace(filled, environment=environment)
        try:
            process = Process(filled, Path(program.directory), folder)
        except OSError as error:
            raise StudyFailedError(f"no run can begin here ({error})") from error
        run = _Run(program, report, lambda: process.seconds)
        self._process = process
        try:
            timed_out = self._follow(process, run)
        except BaseException:
            process.kill()
            raise
        finally:
            self._process = None
            if self._killing.is_set():
                process.kill()
            code = process.wait()
        self.epoch_ends = run.epoch_ends
        if run.pruned:
            return run.outcome(process.seconds, budget.epochs)
        if self._stopping.is_set():
            raise Stopped
        reason = _reason(code, timed_out, program) or run.finish(folder)
        if reason:
            kind = RunTimeoutError if timed_out else TrainingError
            raise kind(_with_output(reason, process))
        return run.outcome(process.seconds, budget.epochs)

    def ask_to_stop(self) -> None:
        """End the run under way, and let no other begin: `train` raises `Stopped`."""
        self._stopping.set()
        if (process := self._process) is not None:
            process.end()

    def stop(self) -> None:
        """Kill the run under way, if there is one."""
        if (process := self._process) is not None:
            self._stopping.set()
            self._killing.set()
            process.kill()

    def _follow(self, process: Process, run: _Run) -> bool:
        """Read what a run prints until it ends; returns True where that took too long."""
        asked = timed_out = False
        for line in process.read():
            if line is not None and not asked:
                run.read(line)
            late = self._program.timeout is not None and process.seconds > self._program.timeout
            if not asked and (run.pruned or late or self._stopping.is_set()):
                asked, timed_out = True, late and not run.pruned
                process.end()
        return timed_out


class _Run:
    """A run's output so far."""

    def __init__(self, program: Program, report: Report, seconds: Callable[[], float]) -> None:
        self._program, self._report, self._seconds = program, report, seconds
        self._ends: dict[int, float] = {}
        self._metric = reader(program.metric)
        self._tested = None if program.test is None else reader(program.test, "--test-metric")
        self._last: float | None = None
        self._test: float | None = None
        self._points = 0
        self._held = math.nan
        """The first point, until a second shows that it is one of a curve."""
        self._open: Point | None = None
        """The last point that has an epoch, until another epoch shows that it is complete."""
        self._unreadable = ""
        self.pruned = False

    def read(self, line: str) -> None:
        try:
            points = [*self._metric.points(line)]
            tested = [] if self._tested is None else [*self._tested.points(line)]
        except ValueError as error:
            self._unreadable = str(error)
            return
        for point in points:
            self._last = point.value
            if len(self._ends) < _MOST_POINTS:
                epoch = len(self._ends) if point.epoch is None else point.epoch
                self._ends[epoch] = self._seconds()
            if point.epoch is None:
                self._complete(point)
            else:
                if self._open is not None and self._open.epoch != point.epoch:
                    self._complete(self._open)
                self._open = point
        for point in tested:
            self._test = point.value

    @property
    def epoch_ends(self) -> tuple[float, ...]:
        """Seconds to the last point of each epoch."""
        return tuple(self._ends.values())

    def finish(self, folder: Path) -> str:
        """Take what is known at the run's end; returns why it has failed, or nothing.

        Raises `StudyFailedError` for percentages where shares are expected: the better runs would
        all be lost.
        """
        if self._open is not None and not self.pruned:
            self._complete(self._open)
        self.pruned = False  # a run that has ended is no longer pruned
        program = self._program
        if self._unreadable:
            return f"it ended well, but {self._unreadable}"
        try:
            for point in curve_from_file(program.metric, folder):
                self._complete(point)
                self.pruned = False
            self._last = _found(program.metric, folder, self._last)
            if program.test is not None:
                self._test = _found(program.test, folder, self._test)
        except ValueError as error:
            return f"it ended well, but {error}"
        for metric, value in ((program.metric, self._last), (program.test, self._test)):
            if metric is None:
                continue
            if value is None:
                return f"it ended well, but {_nothing(metric, folder)}"
            if not math.isfinite(value):
                return f"its {metric.name} is {value:g}"
            share = program.factor_to_stored * value
            if program.unit == POINTS and program.scale == _OF_SHARES and 1 < value <= _OF_SHARES:
                raise StudyFailedError(
                    f"{metric.name} {value:g} is in percent, and this study takes it for a share "
                    "from 0 to 1, as the first run's (another study with --scale 1 --unit points "
                    "takes percentages)"
                )
            if program.unit == POINTS and not 0 <= share <= 1:
                return f"its {metric.name} is {value:g}, which is no percentage"
        return ""

    def outcome(self, seconds: float, epochs: int) -> Outcome:
        assert self._last is not None
        factor = self._program.factor_to_stored
        return Outcome(
            objective=factor * self._last,
            test_accuracy=None,
            test_objective=None if self.pruned or self._test is None else factor * self._test,
            seconds_per_epoch=seconds / epochs,
            parameters=None,
            diverged=False,
            stopped=self.pruned,
        )

    def _complete(self, point: Point) -> None:
        if not math.isfinite(point.value) or self._points >= _MOST_POINTS or self.pruned:
            return
        self._points += 1
        value = self._program.factor_to_stored * point.value
        if self._points == 1:
            self._held = value
            return
        if self._points == 2:
            self.pruned = not self._report(1, self._held)
        self.pruned = self.pruned or not self._report(self._points, value)


def _found(metric: Metric, folder: Path, printed: float | None) -> float | None:
    return from_file(metric, folder) if metric.where.startswith(FILE) else printed


def _nothing(metric: Metric, folder: Path) -> str:
    """Say that a run printed no score, and in which longer word it may stand."""
    printed = f"printed nothing that {metric.where!r} finds"
    with suppress(OSError):
        if not (folder / OUTPUT).stat().st_size:
            return "printed nothing"
    with suppress(OSError), (folder / OUTPUT).open(encoding="utf-8", errors="replace") as output:
        if word := longer_word(metric, output):
            return f"{printed} as a word of its own; to take that of {word!r}, name it whole"
    return printed


def _reason(code: int, timed_out: bool, program: Program) -> str:
    """The reason why a process with this exit code has failed; empty where it has not."""
    if timed_out:
        return f"it took longer than {program.timeout:g} s (--run-timeout)"
    if code < 0:
        memory = " (out of memory?)" if code == -9 else ""
        return f"it was killed by signal {-code}{memory}"
    return f"it ended with exit code {code}" if code else ""


def _with_output(reason: str, process: Process) -> str:
    # A traceback marks places by lines of ^ and ~.
    lines = [line for line in process.lines.last if any(map(str.isalnum, line))][-_LAST_LINES:]
    text = "; ".join([reason, *([process.unkept] if process.unkept else [])])
    if reason.endswith("printed nothing"):
        return _shortened(text, _LONGEST_REASON)
    if not lines:
        return f"{text}; it printed nothing"
    said = f"{text}; the last it printed: "
    while len(lines) > 1 and len(said) + len(" / ".join(lines)) > _LONGEST_REASON:
        del lines[0]  # the last says most, as that of a traceback
    return _shortened(f"{said}{' / '.join(lines).rstrip('.')}", _LONGEST_REASON)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]} …"


def _with_threads(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment that also gives a worker's share of CPU threads to what scripts compute with.

    What the user has set stays.
    """
    share = environment.get("NPROC")
    threads = {name: share for name in _THREADS if share and name not in os.environ}
    return {**threads, **environment}
