"""The epoch from which runs are ranked as they are at their end."""

from __future__ import annotations

from collections.abc import Sequence

from search.analysis.epochs import shared_epochs
from search.analysis.rank_correlation import rank_correlation
from search.results import Run

_SAME = 0.9
"""Rank correlation with the final values from which a ranking counts as the final one."""
_LEAST_RUNS = 8


def ranked_from(runs: Sequence[Run]) -> int | None:
    """Find the first epoch from which on the runs rank as by their values.

    That is, from which on Spearman's correlation with these is 0.9 or more. None with fewer than
    eight runs, or where all are equal.
    """
    whole = [run for run in runs if not run.diverged]
    epochs = shared_epochs(whole)
    if len(whole) < _LEAST_RUNS or not epochs:
        return None
    final = [run.scaled for run in whole]
    if len(set(final)) == 1:
        return None
    first = None
    for epoch in reversed(epochs):
        if not rank_correlation([run.curve[epoch] for run in whole], final) >= _SAME:
            break  # also where all are equal, which have no correlation
        first = epoch
    return epochs[-1] if first is None else first
