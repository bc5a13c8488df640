"""Student's t distribution, for intervals and p-values.

SciPy is imported where it is called, as importing it takes most of a second.
"""

from __future__ import annotations

import math
from functools import cache

CONFIDENCE = 0.95
"""Coverage of every interval that kouka gives."""


def quantile(dof: float, probability: float = (1 + CONFIDENCE) / 2) -> float:
    """Quantile of t; by default the critical value of a 95 % interval.

    NaN without degrees of freedom.
    """
    from scipy.special import stdtrit

    return float(stdtrit(dof, probability)) if dof else math.nan


def two_sided(t: float, dof: float) -> float:
    """Two-sided p-value of a t."""
    from scipy.special import stdtr

    return 2 * float(stdtr(dof, -abs(t)))


def familywise(t: float, dof: float, tests: int) -> float:
    """p-value of a t, corrected for the number of tests that share its estimate of the noise.

    It is the probability that the largest of so many |t| is at least as large: the studentized
    maximum modulus (Stoline & Ury 1979). Exact for independent estimates, as from a balanced
    design; never too small for others (Šidák 1967).
    """
    import numpy as np
    from scipy.special import gammainccinv, gammaincinv, gammaln, ndtr

    if t == 0:
        return 1.0
    half = dof / 2
    low, high = gammaincinv(half, 1e-14) / half, gammainccinv(half, 1e-14) / half
    # x is the logarithm of the estimated noise over the true one.
    x = np.linspace(math.log(low) / 2, math.log(high) / 2, 600)
    density = np.exp(
        math.log(2) + half * math.log(half) - gammaln(half) + dof * x - half * np.exp(2 * x)
    )
    # The |t| of one test is above a tiny one with a probability that rounds to 1.
    above = np.minimum(2 * ndtr(-abs(t) * np.exp(x)), np.nextafter(1, 0))
    beyond = -np.expm1(tests * np.log1p(-above))
    return min(1.0, float(np.trapezoid(density * beyond, x)))


@cache
def critical_value(dof: float, tests: int, level: float = 1 - CONFIDENCE) -> float:
    """The |t| whose familywise p-value is `level`, at most 5 %; NaN without degrees of freedom."""
    from scipy.optimize import brentq

    if not dof:
        return math.nan
    # Bonferroni's is never too small (Šidák 1967).
    largest = quantile(dof, 1 - level / (2 * tests))
    least = quantile(dof, 1 - level / 2)
    if tests == 1:
        return least
    return float(brentq(lambda t: familywise(t, dof, tests) - level, 0.99 * least, 1.01 * largest))


def welch(difference: float, *parts: tuple[float, float]) -> float:
    """Two-sided p-value of a difference of estimates (Welch 1947).

    `parts` are each estimate's standard error and degrees of freedom; NaN where one has none.
    """
    total = sum(error**2 for error, _ in parts)
    if math.isnan(total) or not all(dof for _, dof in parts):
        return math.nan
    if not total:
        return float(abs(difference) < 1e-9)
    return two_sided(difference / math.sqrt(total), welch_dof(*parts))


def welch_dof(*parts: tuple[float, float]) -> float:
    """Degrees of freedom of a difference of estimates (Welch 1947), of parts as in `welch`.

    Zero where a part has none, or where there is no noise at all.
    """
    total = sum(error**2 for error, _ in parts)
    if math.isnan(total) or not total or not all(dof for _, dof in parts):
        return 0.0
    return total**2 / sum(error**4 / dof for error, dof in parts)
