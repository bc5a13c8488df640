"""Intervals of what is shown because it was found clear, or the largest.

An estimate that stands out does so partly by luck, so an interval made as if nothing had been
chosen misses the truth too often.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from search.analysis.solving import root
from search.analysis.t_distribution import ALPHA, cdf, quantile

_FAR = 1e4
"""Standard errors beyond which no end of an interval is looked for."""


def after_choice(
    estimate: float, error: float, dof: float, threshold: float, offset: float = 0.0
) -> tuple[float, float]:
    """Compute the ends of the 95 % interval of an estimate that is shown only where it is large.

    It is shown where `abs(estimate + offset) >= threshold * error`, and the interval covers in 95 %
    of the cases in which it is (Weinstein, Fithian & Benjamini 2013). With a nonzero `offset` the
    choice went by another estimate, whose part that does not depend on this one is fixed (Lee, Sun,
    Sun & Taylor 2016). The noise is estimated, with `dof` degrees of freedom: given the sum of its
    square and of the estimate's, each value of the truth is tested exactly, as in Tian, Loftus &
    Taylor 2018. Far above the threshold it is Student's interval.
    """
    if not error > 0 or not dof:
        return estimate, estimate
    t, shift = estimate / error, offset / error

    def beyond(truth: float) -> float:
        return _beyond(t, truth, shift, dof, threshold)

    tail = ALPHA / 2
    low, high = (_solve(beyond, t, quantile(dof), at) for at in (tail, 1 - tail))
    return low * error, high * error


def _solve(beyond: Callable[[float], float], start: float, step: float, target: float) -> float:
    """Find where a rising function reaches a target, from a start that may be on either side."""
    low, high = start - step, start + step
    while beyond(low) > target and start - low < _FAR:
        low = start - 2 * (start - low)
    while beyond(high) < target and high - start < _FAR:
        high = start + 2 * (high - start)
    return root(lambda truth: beyond(truth) - target, low, high, 1e-4)


def _beyond(t: float, truth: float, shift: float, dof: float, threshold: float) -> float:
    """P-value, one-sided, of a truth in units of the standard error, given the choice."""
    distance = t - truth
    low, high = _gap((truth + shift) / math.sqrt(dof + distance**2), dof, threshold)
    above = cdf(-distance, dof)
    if low >= high:
        return float(above)
    if distance < (low + high) / 2:
        above = cdf(low, dof) - cdf(distance, dof) + cdf(-high, dof)
    shown = cdf(low, dof) + cdf(-high, dof)
    return float(above / shown) if shown else float(distance < (low + high) / 2)


def _gap(centre: float, dof: float, threshold: float) -> tuple[float, float]:
    """Values of t between which the estimate would not have been shown; none where low >= high.

    `centre` is the truth with its offset. What is held fixed is 1, so that the standard error that
    goes with a t is `1 / sqrt(dof + t**2)`.
    """
    rest = 1 - centre**2
    if abs(rest) < 1e-9:
        rest = 1e-9
    root = threshold**2 + dof * rest
    if root < 0:
        return 0.0, 0.0
    far = abs(centre) * math.sqrt(root) / rest
    if rest > 0:
        middle = -math.copysign(far, centre)
        return middle - threshold / rest, middle + threshold / rest
    middle = math.copysign(threshold, centre) / rest
    return middle - abs(far), middle + abs(far)
