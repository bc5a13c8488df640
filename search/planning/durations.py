"""Durations of a study's runs, from those that are complete."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from search.results import Results


@dataclass(frozen=True)
class RunTime:
    """The mean time of a run, in seconds, by its epochs."""

    start: float
    """What it takes whatever its epochs: building its network, compiling it, testing it."""
    epoch: float

    def of(self, epochs: int) -> float:
        """Seconds of a run of so many epochs."""
        return self.start + self.epoch * epochs


_FADING = 0.7
"""Weight of a run beside that of the next one, as machines become slower and faster."""


_MOST_START = 0.9
"""Share of a run that its start may take; it was timed when the machine was perhaps slower."""


_PAUSED = 10
"""Times the usual duration beyond which a run's tells of a clock that was set, or a machine that
slept."""


def run_time(results: Results) -> RunTime | None:
    """Estimate the time of a run from the complete ones, above all the last; not from pruned runs.

    None before there is one, and in a study that does not keep how long its runs train.
    """
    limit = results.settings and results.settings.time
    timed_start = limit.start if limit else 0.0
    took: list[RunTime] = []
    for run in reversed(results.runs):
        if run.state != "complete" or run.seconds is None or not run.epochs:
            continue
        if run.seconds < 0:  # the clock was set back
            continue
        beside = min(timed_start, _MOST_START * run.seconds)
        each = min(run.seconds_per_epoch or run.seconds, (run.seconds - beside) / run.epochs)
        took.append(RunTime(run.seconds - each * run.epochs, each))
    if not took:
        return None
    return RunTime(_mean([one.start for one in took]), _mean([one.epoch for one in took]))


def _mean(last_first: Sequence[float]) -> float:
    usual = statistics.median(last_first)
    whole, total, weight = 0.0, 0.0, 1.0
    for seconds in last_first:
        whole += weight
        total += weight * (seconds if seconds <= _PAUSED * usual else usual)
        weight *= _FADING
    return total / whole
