"""Durations of a study's runs, from those that are complete."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

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


_RECENT = 16
"""Complete runs by which the next are judged, as machines become slower and faster."""


def run_time(results: Results) -> RunTime | None:
    """Estimate the time of a run from the last complete ones, pruned runs left out.

    None before there is one, and in a study that does not keep how long its runs train.
    """
    starts: list[float] = []
    epochs: list[float] = []
    for run in reversed(results.runs):
        if len(starts) == _RECENT:
            break
        if run.state != "complete" or run.seconds is None or not run.epochs:
            continue
        each = min(run.seconds_per_epoch or run.seconds, run.seconds / run.epochs)
        epochs.append(each)
        starts.append(run.seconds - each * run.epochs)
    return RunTime(fmean(starts), fmean(epochs)) if starts else None
