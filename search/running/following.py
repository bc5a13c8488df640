"""Following the workers of a study until they have ended, and showing how it goes."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import optuna
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from search.commands.program import Program
from search.objective import Objective
from search.planning.schedule import Schedule, schedule
from search.planning.space import Space
from search.planning.time_plan import TimePlan, Timing
from search.results import Results
from search.running import signals
from search.running.timekeeping import begin_clock, end_in_time
from search.running.worker_loop import study_checkpoints
from search.settings import Settings
from search.storage.reading import read
from search.storage.retrying import is_away, patiently, reason_of, waits_for

_LOOK_EVERY = 1.0
"""Seconds between two looks at how the study goes."""
_LAST_PICTURES = 10.0
"""Seconds, at most, that workers have for pictures once the study has ended."""
_OVERTIME = 0.04
"""Share of a study's time by which a run may go beyond it."""
_ATTACH_SHARE = 0.05
"""The share of the time that showing the results in the dashboard may take."""


class StudyWatch:
    """An observer of a study, such as a progress display; this one shows nothing."""

    def reading(self, done: int, of: int) -> None:
        """Receive, each second or so before all else, the number of images or sounds decoded."""

    def cautioned(self, caution: str) -> None:
        """Receive, before anything is trained, a sentence about the user's own code."""

    def moved(self, before: str, now: str) -> None:
        """Learn that the study's data, the same as before, are at another place now."""

    def trying(self, recipe: str) -> None:
        """Learn that the first run of a program's study is tried alone; the recipe is in words."""

    def tried(
        self,
        objective: Objective,
        value: float,
        points: int,
        folder: Path,
        judged: float,
        last: int,
    ) -> None:
        """Receive the last value of that run, in the objective's unit, and where its output is.

        `points` is the number of values that it printed, and `judged` the mean of the `last` of
        them, by which the study judges it.
        """  # fmt: skip

    def trying_seed(self) -> None:
        """Learn that it is tried once more, with another seed."""

    def tried_seed(self, program: Program, matters: bool) -> None:
        """Learn whether another seed gave another value."""

    def timing(self) -> None:
        """Learn that a few epochs are being timed, to plan by."""

    def planned(
        self,
        plan: TimePlan,
        timing: Timing,
        settings: Settings,
        shape: Sequence[int],
        resized: bool,
    ) -> None:
        """Receive the plan that was made for a time, before its study begins.

        `shape` is that of an image; `resized` tells that the plan chose it.
        """

    def planned_program(self, plan: TimePlan, timing: Timing, program: Program) -> None:
        """Receive the plan that was made for a time, before the study of a program begins."""

    def study_opened(self, results: Results, workers: int) -> None:
        """Receive what the study holds as its workers begin."""

    def seen(self, results: Results, now: Schedule) -> None:
        """Receive, every second or so, what the study holds now and what is left of it."""

    def storage_away(self, reason: str) -> None:
        """Receive why the storage could not be read; its workers wait for it."""

    def worker_ended(self, reason: str) -> None:
        """Receive why a worker ended early; the others go on."""

    def stopping(self) -> None:
        """Learn that the workers have been asked to stop."""


class Workers(Protocol):
    """The workers of a launch: threads of this process, or tasks on a cluster."""

    workers: int

    def begin(self, url: str, name: str, checkpoints: Path, deadline: float | None) -> None:
        """Set them to work."""

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until all have ended; returns whether any still works."""

    def ended_early(self) -> list[str]:
        """Reasons why workers ended while others go on; each is given once."""

    def ask_to_stop(self) -> None:
        """End every run within a second or so, its finished epochs kept."""

    def stop(self) -> None:
        """End everything at once."""


Attach = Callable[[optuna.Study, Results], None]


@dataclass(frozen=True)
class Following:
    """The arguments by which a launch, or a worker that joins, follows a study; see `launch`."""

    url: str
    name: str
    watch: StudyWatch
    attach: Attach
    checkpoints: Path
    deadline: float | None

    def follow(
        self,
        study: optuna.Study,
        settings: Settings,
        workers: Workers,
        begins: float | None = None,
    ) -> int:
        """Watch the workers until they have ended, and return how many runs are left out.

        An interruption asks them to stop; so does the end of the study's time, if it has one.
        `begins`, a `time.monotonic()`, is when the clock of a launch does; with None, the workers
        joined a study that another launch follows, and do not end it.
        """
        if begins is not None and settings.time is not None:
            elapsed = time.monotonic() - begins
            settings = begin_clock(study, self.url, elapsed, workers.workers)
        limit, deadline, last_call = settings.time, self.deadline, math.inf
        if limit is not None:
            over = time.monotonic() + limit.ends - time.time()
            deadline = over if deadline is None else min(deadline, over)
            last_call = over + _OVERTIME * limit.seconds
        self.watch.study_opened(read(study), workers.workers)
        shown = _Shown(study, self.attach)
        workers.begin(self.url, self.name, self.checkpoints, deadline)
        try:
            self._wait(study, workers, shown, last_call)
        except BaseException:
            with suppress(SQLAlchemyError, StorageInternalError):
                _look(study, self.watch, shown, last=True)
            raise
        finally:
            workers.stop()
        if begins is not None and limit is not None:
            patiently(lambda: end_in_time(study, self.url))
        left = patiently(lambda: _look(study, self.watch, shown, last=True))
        if left is None:
            folder = study_checkpoints(self.checkpoints, self.url, self.name)
            shutil.rmtree(folder, ignore_errors=True)
        return left or 0

    def _wait(self, study: optuna.Study, workers: Workers, shown: _Shown, last_call: float) -> None:
        """Wait for the workers; `last_call`, a `time.monotonic()`, stops what trains then."""
        try:
            while workers.wait(_LOOK_EVERY):
                signals.check()
                if time.monotonic() > last_call:
                    workers.ask_to_stop()
                for reason in workers.ended_early():
                    self.watch.worker_ended(reason)
                if _look(study, self.watch, shown) is None:
                    workers.wait(_LAST_PICTURES)
                    break
        except KeyboardInterrupt:
            self.watch.stopping()
            workers.ask_to_stop()
            while workers.wait(_LOOK_EVERY):
                pass
            raise


class _Shown:
    """The figure and note in the dashboard, renewed as runs end but not all the time."""

    def __init__(self, study: optuna.Study, attach: Attach) -> None:
        self._study, self._attach = study, attach
        self._ended, self._not_before = -1, 0.0

    def renew(self, results: Results, last: bool) -> None:
        ended = sum(run.ended for run in results.runs)
        began = time.monotonic()
        if ended == self._ended or (began < self._not_before and not last):
            return
        self._attach(self._study, results)
        took = time.monotonic() - began
        self._ended, self._not_before = ended, began + took / _ATTACH_SHARE


def _look(study: optuna.Study, watch: StudyWatch, shown: _Shown, last: bool = False) -> int | None:
    """Show how the study goes, and return how many runs are left; None where it has ended."""
    try:
        results = read(study)
        settings = results.launched_with()
        now = schedule(settings, Space.of(settings), results)
        if not last and (reason := waits_for()):
            # It can be read, but not written, as on a full disk.
            watch.storage_away(reason)
            return sum(now.left.values())
        watch.seen(results, now)
        shown.renew(results, last)
    except (SQLAlchemyError, StorageInternalError) as error:
        if last or not is_away(error):
            raise
        watch.storage_away(reason_of(error))
        return 0
    return None if now.phase is None else sum(now.left.values())
