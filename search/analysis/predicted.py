"""Estimates of the recommended recipe and of all off, for a study that has not confirmed them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, variance
from typing import Any

import numpy as np

from search.analysis.best_value import BestNumber
from search.analysis.distributions import t_draws
from search.analysis.estimate import Estimate
from search.analysis.t_distribution import CONFIDENCE, quantile, satterthwaite
from search.objective import Objective

_DRAWS = 1000
_STEP = 1e-4
"""On the scale of the fit, over which the slope of the objective's scale is taken."""


@dataclass(frozen=True)
class Predicted:
    """Estimates by a fit to all runs, as means over seeds.

    In percent of a share, else in the objective's unit. The intervals allow for the choice of the
    recipe: they hold at once for all recipes among which it was chosen.
    """

    recommended: Estimate
    all_off: Estimate
    gain: Estimate
    """The difference of the two."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Numbers that all off has at another than the usual value here, as all the runs do."""
    off_numbers: tuple[BestNumber, ...] = ()
    """Of another program's study, at which all off is predicted."""


def predicted(
    means: np.ndarray,
    spread: np.ndarray,
    dof: int,
    back: Callable[[float], float],
    objective: Objective,
) -> Predicted:
    """Bring predictions on the scale of a fit, (recipes,) with their covariance, to the objective.

    The first recipe is the recommended one, the second all off, and the rest are those among which
    it was chosen, or some of them. `dof` are the runs of the fit less its fixed effects, and `back`
    brings a value to the objective's scale. The quantile of the intervals is that of the largest of
    all differences to all off, by draws from a multivariate t distribution (Hothorn, Bretz &
    Westfall 2008, Biom. J. 50). The differences are of values on the objective's scale, which has
    another slope at each recipe (delta method). What is beyond the objective's range, as an AUC
    above 1, becomes its end.
    """
    value, off = float(means[0]), float(means[1])
    slopes = np.array([(back(mean + _STEP) - back(mean - _STEP)) / (2 * _STEP) for mean in means])
    contrasts = np.diag(slopes)
    contrasts[:, 1] -= slopes[1]
    differences = contrasts @ spread @ contrasts.T
    errors = np.sqrt(np.maximum(np.diag(differences), 0))
    known = errors > 1e-6 * max(float(errors.max()), 1e-12)
    critical = (
        _quantile(differences[np.ix_(known, known)], errors[known], dof) if known.any() else 0
    )
    single = [float(critical * math.sqrt(max(spread[at, at], 0.0))) for at in (0, 1)]

    def cut(*scaled: float) -> list[float]:
        return [objective.within(back(one)) for one in scaled]

    recommended, all_off = (
        Estimate(*cut(middle), *sorted(cut(middle - half, middle + half)))
        for middle, half in zip((value, off), single, strict=True)
    )
    gained, half = recommended.value - all_off.value, float(critical * errors[0])
    low = max(gained - half, recommended.low - all_off.high)
    high = min(gained + half, recommended.high - all_off.low)
    return Predicted(recommended, all_off, Estimate(gained, low, high))


def compared(one: Sequence[float], off: Sequence[float], objective: Objective) -> Predicted | None:
    """Compare the runs of two recipes, each a value in the objective's unit, by Welch's t interval.

    For studies of too few recipes to fit anything to. Intervals are cut to the objective's range.
    None with fewer than two runs of either.
    """
    low, high = objective.low, objective.high
    if min(len(one), len(off)) < 2:
        return None
    parts = [(variance(values) / len(values), len(values) - 1) for values in (one, off)]
    first, second = (
        _around(fmean(values), math.sqrt(square), dof, low, high)
        for values, (square, dof) in zip((one, off), parts, strict=True)
    )
    total = math.sqrt(sum(square for square, _ in parts))
    gained = fmean(one) - fmean(off)
    dof = satterthwaite(parts)
    return Predicted(first, second, _around(gained, total, dof, low - high, high - low))


def _around(value: float, error: float, dof: float, least: float, most: float) -> Estimate:
    half = quantile(dof) * error if error > 0 else math.nan  # equal runs show no noise
    return Estimate(value, max(value - half, least), min(value + half, most))


def _quantile(covariance: np.ndarray, errors: np.ndarray, dof: int) -> float:
    """The 95 % quantile of the largest |t| of estimates with this covariance."""
    draws = np.abs(t_draws(covariance, max(dof, 1), _DRAWS)) / errors
    return float(np.quantile(draws.max(axis=1), CONFIDENCE))
