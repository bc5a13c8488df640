"""Measured runs whose values are far from all others, as of trainings that diverged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from search.parameters import Category
from search.results import Results, Run

_FAR = 10.0
"""Interquartile ranges beyond the quartiles; a normal distribution has no such value in 10^40."""
_MOST = 0.1
"""Share of the runs; of more, they are what some recipes come to."""
_LEAST_SHARED, _MOST_SHARED = 3, 0.5
"""Runs that come to the very same worst value, as a program that failed may return it, and the
share of all that they may be."""
_LEAST_RUNS = 8
_LEAST_OF_LEVEL = 3
"""Runs of a level, which if all of them are far are what it comes to; of fewer it may be chance."""


def far_runs(results: Results) -> list[Run]:
    """Find them; of the very same worst value they may be many.

    All runs of a level are not among them, where these are several.
    """
    runs = [run for run in results.of("measure") if not run.diverged]
    if len(runs) < _LEAST_RUNS:
        return []
    values = np.array([run.scaled for run in runs])
    far = _beyond(values, values)
    if not 0 < np.sum(far) <= _MOST * len(runs):
        far = values == (values.min() if results.objective.maximize else values.max())
        shared = _LEAST_SHARED <= np.sum(far) <= _MOST_SHARED * len(runs)
        if not (shared and _beyond(values, values[~far])[far].all()):
            return []
    for one in results.others:
        if isinstance(one, Category):
            far &= ~_of_levels_that_are_far(runs, far, one)
    return [run for run, is_far in zip(runs, far, strict=True) if is_far]


def _of_levels_that_are_far(runs: Sequence[Run], far: np.ndarray, category: Category) -> np.ndarray:
    """(runs,): True of a level's runs, where all of these are far and they are several."""
    found = np.zeros(len(runs), dtype=bool)
    for column in category.columns([run.params for run in runs]):
        at = np.array(column) > 0
        if np.sum(at) >= _LEAST_OF_LEVEL and far[at].all():
            found |= at
    return found


def _beyond(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which values, (runs,), are far from the quartiles of others."""
    first, third = np.percentile(others, [25, 75])
    beyond = np.maximum(first - values, values - third)
    return np.asarray(beyond > _FAR * (third - first))
