"""Exact tests of shares: Fisher's of two, and one of several by random tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

_ROUNDING = 1e-7
_TABLES = 9999
"""Tables with the same sums; of fewer, a p-value beyond a correction would hardly be found."""


def exact_test(counts: Sequence[int], sizes: Sequence[int]) -> float:
    """Two-sided p-value of shares, each a count of a size: Fisher's of two, else by chi-squared.

    The latter is compared with that of random tables of the same sums, so that it holds for small
    counts too.
    """
    if len(counts) == 2:
        return fisher_exact(counts[0], sizes[0], counts[1], sizes[1])
    of, total = np.array(sizes), sum(counts)
    tables = np.random.default_rng(0).multivariate_hypergeometric(of, total, _TABLES)
    expected = of * total / of.sum()
    # The counts of the others differ by as much, so they add nothing to the order.
    apart = ((np.vstack([counts, tables]) - expected) ** 2 / expected).sum(axis=1)
    return float(np.mean(apart >= apart[0] * (1 - _ROUNDING)))


def fisher_exact(one: int, of_one: int, other: int, of_other: int) -> float:
    """Two-sided p-value of two shares, by Fisher's exact test (1935)."""
    total = one + other
    low, high = max(0, total - of_other), min(total, of_one)
    logs = [_chance(at, of_one, total - at, of_other) for at in range(low, high + 1)]
    most = max(logs)
    weights = [math.exp(log - most) for log in logs]
    observed = weights[one - low] * (1 + _ROUNDING)
    return math.fsum(weight for weight in weights if weight <= observed) / math.fsum(weights)


def _chance(one: int, of_one: int, other: int, of_other: int) -> float:
    """The logarithm of the chance of such a table, but for a constant."""
    parts = ((one, of_one), (other, of_other))
    return -sum(math.lgamma(lost + 1) + math.lgamma(of - lost + 1) for lost, of in parts)
