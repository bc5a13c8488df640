"""Lines of a program's output that are not in the order of their epochs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise

from search.commands.metric import reader
from search.commands.program import Metric

_EPOCH = re.compile(r"\bepoch\W{0,3}(\d+)", re.IGNORECASE)


def out_of_order(metric: Metric, lines: Iterable[str]) -> str:
    """Warn of scores of which an epoch's stands after a later one's; empty where all are in order.

    Epochs that begin anew, as those of the next fold do, are in order.
    """
    epochs = [*_epochs(metric, lines)]
    falls = ((one, after) for one, after in pairwise(epochs) if epochs[0] != after < one)
    later, earlier = next(falls, (0, 0))
    if not later:
        return ""
    return (
        f"The first run printed {metric.name} of epoch {earlier} after that of epoch {later}. "
        "Scores count in the order in which they are printed, and the last as the run's: let the "
        "program print its epochs in order, or write its result to a file, which --metric "
        "file:PATH:KEY reads."
    )


def _epochs(metric: Metric, lines: Iterable[str]) -> Iterator[int]:
    """Yield the epoch that stands beside each score; a summary of the best has none."""
    scores = reader(metric)
    for line in lines:
        with suppress(ValueError):  # of a number that a run may not print
            for point in scores.points(line):
                named = _EPOCH.search(line)
                if point.epoch is not None:
                    yield point.epoch
                elif named is not None and "best" not in line[: named.start()].lower():
                    yield int(named[1])
