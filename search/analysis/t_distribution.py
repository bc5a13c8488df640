"""Student's t distribution, for intervals and p-values.

SciPy is imported where it is called: it would take most of a second from the commands that only
read.
"""

from __future__ import annotations

import math

CONFIDENCE = 0.95
"""Of every interval that kouka gives."""


def quantile(freedom: float, probability: float = (1 + CONFIDENCE) / 2) -> float:
    """The t below which `probability` lies; by default half an interval, in standard errors.

    NaN without degrees of freedom.
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability)) if freedom else math.nan


def two_sided(t: float, freedom: float) -> float:
    """The probability of a t at least this far from zero."""
    from scipy.special import stdtr

    return 2 * float(stdtr(freedom, -abs(t)))


def familywise(t: float, freedom: float, tests: int) -> float:
    """The probability that the largest of so many t, all over one estimate of the noise, is at
    least this far from zero: the studentized maximum modulus (Stoline & Ury 1979).

    Exact for independent estimates, as a balanced design gives; never too small for others (Šidák
    1967).
    """
    import numpy as np
    from scipy.special import gammainccinv, gammaincinv, gammaln, ndtr

    if t == 0:
        return 1.0
    half = freedom / 2
    low, high = gammaincinv(half, 1e-14) / half, gammainccinv(half, 1e-14) / half
    # The logarithm of the estimated noise over the true one.
    x = np.linspace(math.log(low) / 2, math.log(high) / 2, 600)
    density = np.exp(
        math.log(2) + half * math.log(half) - gammaln(half) + freedom * x - half * np.exp(2 * x)
    )
    beyond = -np.expm1(tests * np.log1p(-2 * ndtr(-abs(t) * np.exp(x))))
    return min(1.0, float(np.trapezoid(density * beyond, x)))


def welch(difference: float, *parts: tuple[float, float]) -> float:
    """The two-sided p-value of a difference of estimates, each with its standard error and its
    degrees of freedom (Welch 1947); NaN where one has none."""
    total = sum(error**2 for error, _ in parts)
    if math.isnan(total) or not all(freedom for _, freedom in parts):
        return math.nan
    if not total:
        return float(abs(difference) < 1e-9)
    freedom = total**2 / sum(error**4 / freedom for error, freedom in parts)
    return two_sided(difference / math.sqrt(total), freedom)
