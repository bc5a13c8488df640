"""The epoch from which runs are ranked as they are at their end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from search.analysis.epochs import shared_epochs
from search.results import Run

_SAME = 0.9
"""Rank correlation with the final values from which a ranking counts as the final one."""
_LEAST_RUNS = 8


def ranked_from(runs: Sequence[Run]) -> int | None:
    """Find the first epoch from which on the runs rank as by their values.

    That is, from which on Spearman's correlation with these is 0.9 or more. None with fewer than
    eight runs, or where all are equal.
    """
    whole = [run for run in runs if run.value is not None and not run.diverged]
    epochs = shared_epochs(whole)
    if len(whole) < _LEAST_RUNS or not epochs:
        return None
    final = _ranks(np.array([run.value for run in whole]))
    if not np.ptp(final):
        return None
    first = None
    for epoch in reversed(epochs):
        ranks = _ranks(np.array([run.curve[epoch] for run in whole]))
        if not np.ptp(ranks) or np.corrcoef(ranks, final)[0, 1] < _SAME:
            break
        first = epoch
    return epochs[-1] if first is None else first


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of values, (runs,); equal ones share the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[places])
