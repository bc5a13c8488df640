"""Runs whose values are so far from all others that they alone decide what counts as noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from search.analysis.effects import Effect, Effects, effects, repeated
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


@dataclass(frozen=True)
class Outliers:
    """Measured runs far from all others."""

    runs: tuple[Run, ...]
    low: float
    """The others' least and greatest value, in percent or in the objective's unit."""
    high: float
    changed: tuple[Effect, ...]
    """Effects without these runs whose verdict is another then, and certain here or there."""


def outliers(results: Results, fitted: Effects) -> Outliers | None:
    """Find the measured runs far from all others, and the verdicts without them.

    Many runs are, where they all have the very same worst value. None where there are none, or
    where a caution of their own tells of them; nor are all runs of a level, which are what it comes
    to.
    """
    runs = [run for run in results.of("measure") if not run.diverged]
    if len(runs) < _LEAST_RUNS or fitted.fit.failing or fitted.fit.outlier:
        return None
    values = np.array([run.scaled for run in runs])
    far = _beyond(values, values)
    if not 0 < np.sum(far) <= _MOST * len(runs):
        far = values == (values.min() if results.objective.maximize else values.max())
        shared = _LEAST_SHARED <= np.sum(far) <= _MOST_SHARED * len(runs)
        if not (shared and _beyond(values, values[~far])[far].all()):
            return None
    found = tuple(run for run, is_far in zip(runs, far, strict=True) if is_far)
    measured = results.of("measure")
    rest = [run for run in measured if run not in found]
    categories = [one for one in results.others if isinstance(one, Category)]
    had, has = ([run.params for run in runs] for runs in (measured, rest))
    if any(one.places(has) != one.places(had) for one in categories):
        return None
    without = effects(
        rest, results.factors, repeated(results), results.objective.maximize, fitted.look,
        results.others,
    )  # fmt: skip
    changed = fitted.changed(without) if without else ()
    others = values[~far]
    return Outliers(found, float(others.min()), float(others.max()), changed)


def _beyond(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which values, (runs,), are far from the quartiles of others."""
    first, third = np.percentile(others, [25, 75])
    beyond = np.maximum(first - values, values - third)
    return np.asarray(beyond > _FAR * (third - first))
