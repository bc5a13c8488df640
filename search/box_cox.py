"""Values that what is on multiplies, rather than adds to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

_LEAST_RATIO = 3.0
"""Of the largest value to the smallest; of nearer ones, factors and sums are hardly told apart."""
_MAGNITUDE = 10.0
"""The ratio that decides where the values are too few to."""
_LEAST_SPARE = 3
"""Values more than columns, for these to decide."""


def are_multiplied(values: Sequence[float], columns: np.ndarray) -> bool:
    """Tell whether the columns, (values, n), describe the logarithms of values better.

    By the likelihood of the values with normal errors on either scale (Box & Cox 1964, J. R. Stat.
    Soc. B 26). False of values of which one is not above zero, or that are near each other.
    """
    if not values or min(values) <= 0:
        return False
    ratio = max(values) / min(values)
    found = np.column_stack([np.ones(len(values)), columns])
    if len(values) < np.linalg.matrix_rank(found) + _LEAST_SPARE:
        return ratio >= _MAGNITUDE
    plain = np.array(values)
    logarithms = np.log(plain)
    left, left_of_logarithms = (_left(one, found) for one in (plain, logarithms))
    if not left > 0:
        return False
    if not left_of_logarithms > 0:
        return ratio >= _LEAST_RATIO
    # The mean of the logarithms brings the errors of both scales to one unit.
    gained = math.log(left / left_of_logarithms) / 2 - float(np.mean(logarithms))
    return ratio >= _LEAST_RATIO and gained > 0


def _left(values: np.ndarray, columns: np.ndarray) -> float:
    """The mean square of what the columns leave of values."""
    fitted = columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
    return float(np.mean((values - fitted) ** 2))
