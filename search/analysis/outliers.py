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

    None where there are none, or where a caution of their own tells of them; nor are all runs of a
    level, which are what it comes to.
    """
    runs = [run for run in results.of("measure") if not run.diverged]
    if len(runs) < _LEAST_RUNS or fitted.fit.failing or fitted.fit.outlier:
        return None
    values = np.array([run.scaled for run in runs])
    first, third = np.percentile(values, [25, 75])
    beyond = np.maximum(first - values, values - third)
    far = beyond > _FAR * (third - first)
    if not 0 < np.sum(far) <= _MOST * len(runs):
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
