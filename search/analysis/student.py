"""Student's t distribution, for intervals and p-values.

SciPy is imported where it is called: it would take most of a second from the commands that only
read.
"""

from __future__ import annotations

import math

CONFIDENCE = 0.95
"""Of every interval that kouka gives."""


def quantile(freedom: int, probability: float = (1 + CONFIDENCE) / 2) -> float:
    """The t below which `probability` lies; by default half an interval, in standard errors.

    NaN without degrees of freedom.
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability)) if freedom else math.nan


def two_sided(t: float, freedom: int) -> float:
    """The probability of a t at least this far from zero."""
    from scipy.special import stdtr

    return 2 * float(stdtr(freedom, -abs(t)))
