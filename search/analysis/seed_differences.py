"""The difference of two recipes' means, with an interval for other seeds alone."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np

from search.analysis.held_out import PRIOR_DOF, Difference
from search.analysis.t_distribution import critical_value, satterthwaite

_ROUNDING = 1e-9
"""Of a standard error: one that is smaller is an error of rounding."""


def difference_over_seeds(
    one: Sequence[float],
    other: Sequence[float],
    among: Sequence[Sequence[float]],
    alpha: float,
    choices: int = 1,
    *,
    multiplied: bool = False,
    by_seed: bool = False,
) -> Difference:
    """The difference of two recipes' means, with an interval for other seeds.

    The seeds of all recipes `among` count with a recipe's own, as in `held_out`. The interval
    misses in a share `alpha` of studies, also for the one that was chosen of so many `choices` by
    these values. The noise of values `multiplied` grows with their size: each mean's interval is
    on a logarithm, and that of the difference is put together from the two (Zou & Donner 2008,
    Statistics in Medicine 27). It also contains zero where the interval of the logarithms'
    difference does.

    Values that are not multiplied can be compared `by_seed` where all recipes have the same seeds,
    in this order, and these move them alike: what a seed does to both is not in the difference.
    They are not where nothing else but rounding is left as noise.
    """
    rows = [one, other, *among]
    if multiplied:
        rows = [[math.log(value) for value in row] for row in rows]
    first, second, *rest = rows
    variances, dof = _variances(first, second, rest)
    error = math.sqrt(sum(variances))
    if by_seed:
        own_error, own_dof = _by_seed(first, second, rest)
        by_seed = own_error > _ROUNDING * error
        error, dof = (own_error, own_dof) if by_seed else (error, dof)
    means = statistics.fmean(one), statistics.fmean(other)
    gained = means[0] - means[1]
    if not error > 0:  # equal values say nothing of other seeds
        return Difference(gained, math.nan, math.nan, paired=False)
    critical = critical_value(dof, choices, alpha)
    low, high = gained - critical * error, gained + critical * error
    if multiplied:
        factors = [math.exp(critical * math.sqrt(variance)) for variance in variances]
        down = [mean - mean / factor for mean, factor in zip(means, factors, strict=True)]
        up = [mean * factor - mean for mean, factor in zip(means, factors, strict=True)]
        low, high = gained - math.hypot(down[0], up[1]), gained + math.hypot(up[0], down[1])
        if abs(statistics.fmean(first) - statistics.fmean(second)) <= critical * error:
            low, high = min(low, 0.0), max(high, 0.0)
    return Difference(gained, low, high, False, dof, alpha, by_seed)


def _by_seed(
    one: Sequence[float], other: Sequence[float], among: Sequence[Sequence[float]]
) -> tuple[float, float]:
    """The standard error of the mean of two recipes' differences, and its degrees of freedom.

    The residuals of all recipes in a two-way layout, by recipe and seed, count as `PRIOR_DOF` more.
    """
    values, apart = np.array(among), np.subtract(one, other)
    own = len(apart) - 1
    noise = values - values.mean(axis=1, keepdims=True)
    dof = (len(values) - 1) * own
    prior = max(min(PRIOR_DOF, dof - own), 0)
    pooled = 2 * float(np.sum((noise - noise.mean(axis=0)) ** 2)) / max(dof, 1)
    squares = prior * pooled + float(np.sum((apart - apart.mean()) ** 2))
    return math.sqrt(squares / (prior + own) / len(apart)), prior + own


def _variances(
    one: Sequence[float], other: Sequence[float], among: Sequence[Sequence[float]]
) -> tuple[list[float], float]:
    """The variances of two recipes' means, and the degrees of freedom of their difference.

    NaN where no recipe has two seeds.
    """
    squares = sum((value - statistics.fmean(row)) ** 2 for row in among for value in row)
    dof = sum(len(row) - 1 for row in among)
    if not dof:
        return [math.nan, math.nan], 1
    variances, dofs = [], []
    for row in (one, other):
        own = len(row) - 1
        prior = max(min(PRIOR_DOF, dof - own), 0)
        own_squares = sum((value - statistics.fmean(row)) ** 2 for value in row)
        variances.append((prior * squares / dof + own_squares) / (prior + own) / len(row))
        dofs.append(prior + own)
    return variances, satterthwaite(list(zip(variances, dofs, strict=True))) or 1
