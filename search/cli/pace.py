"""The pace of a study: how long what is left of it takes, by what its runs took so far."""

from __future__ import annotations

import time
from collections import Counter

from search.planning.durations import RunTime, run_time
from search.planning.schedule import Schedule
from search.results import Results, Run


class Pace:
    """The time of a run: by those that are complete, and before these by those in training."""

    def __init__(self) -> None:
        self.workers = 1
        """Those of this launch; others may take part."""
        self._seen: dict[int, list[tuple[int, float]]] = {}
        """The epochs that each run in training was seen at, and when (`time.monotonic()`)."""

    def see(self, run: Run) -> None:
        """Take note of the epoch that a run in training is at."""
        epochs = self._seen.setdefault(run.number, [])
        if not epochs or len(run.curve) > epochs[-1][0]:
            epochs.append((len(run.curve), time.monotonic()))

    def forget(self, run: Run) -> None:
        """Take note that a run is over."""
        self._seen.pop(run.number, None)

    def run_time(self, results: Results) -> RunTime | None:
        """From the complete runs; before there is one, from the epochs of those in training."""
        if (known := run_time(results)) is not None:
            return known
        for (_, began), *epochs in self._seen.values():
            if len(epochs) > 1:
                # The first epoch also traces the network; the later ones tell what one takes.
                (first, first_at), (last, last_at) = epochs[0], epochs[-1]
                each = (last_at - first_at) / (last - first)
                return RunTime(max(0.0, first_at - began - each * first), each)
        return None

    def left(self, results: Results, now: Schedule) -> float | None:
        """Seconds until all planned runs have ended; None while that is not known."""
        takes = self.run_time(results)
        if takes is None:
            return None
        at, runs = time.monotonic(), runs_left(results, now)
        longest = takes.of(max(runs, default=0))
        spent = sum(min(longest, at - epochs[0][1]) for epochs in self._seen.values())
        left = sum(count * takes.of(epochs) for epochs, count in runs.items()) - spent
        return left / max(self.workers, len(self._seen))


def runs_left(results: Results, now: Schedule) -> Counter[int]:
    """The number of runs that have not ended, by their epochs."""
    runs: Counter[int] = Counter()
    for phase, count in now.left.items():
        if count:
            runs[results.launched_with().epochs_of(phase)] += count
    return runs
