"""The difference of two recipes' means, with an interval for other seeds alone."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from search.analysis.held_out import PRIOR_DOF, Difference
from search.analysis.t_distribution import critical_value, satterthwaite


def difference_over_seeds(
    one: Sequence[float],
    other: Sequence[float],
    among: Sequence[Sequence[float]],
    alpha: float,
    choices: int = 1,
    *,
    multiplied: bool = False,
) -> Difference:
    """The difference of two recipes' means, with an interval for other seeds.

    The seeds of all recipes `among` count with a recipe's own, as in `held_out`. The interval
    misses in a share `alpha` of studies, also for the one that was chosen of so many `choices` by
    these values. The noise of values `multiplied` grows with their size: each mean's interval is
    on a logarithm, and that of the difference is put together from the two (Zou & Donner 2008,
    Statistics in Medicine 27). It also contains zero where the interval of the logarithms'
    difference does.
    """
    rows = [one, other, *among]
    if multiplied:
        rows = [[math.log(value) for value in row] for row in rows]
    first, second, *rest = rows
    variances, dof = _variances(first, second, rest)
    error = math.sqrt(sum(variances))
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
    return Difference(gained, low, high, False, dof, alpha)


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
