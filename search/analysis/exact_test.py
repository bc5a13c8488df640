"""Fisher's exact test of two shares."""

from __future__ import annotations

import math

_ROUNDING = 1e-7


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
