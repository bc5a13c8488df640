"""Spearman's rank correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Correlate the ranks of two equally long series; NaN where one of them never changes."""
    x, y = ranks(one), ranks(other)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    return float(np.corrcoef(x, y)[0, 1])


def ranks(values: Sequence[float]) -> np.ndarray:
    """Rank values from 0; of equal ones, by the mean of theirs."""
    _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[of]
