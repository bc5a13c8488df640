"""Student's t distribution, for intervals and p-values."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import cache
from statistics import variance

import numpy as np

from search.analysis.distributions import beta_cdf, normal_quantile
from search.analysis.solving import root

CONFIDENCE = 0.95
"""Coverage of every interval that kouka gives."""
ALPHA = 1 - CONFIDENCE
"""Share of studies in which an interval may miss, or that may give a wrong verdict."""

POWER = 0.8
"""How often an effect is found that is as large as the smallest that is called detectable."""

_COARSER = 10
"""For two integrals at once: of so many points of a density, one counts."""

_NEGLIGIBLE = 34.0
"""Logarithm of how far below its peak a density counts for nothing."""


def cdf(t: float, dof: float) -> float:
    """Probability that a t is at most this; NaN without degrees of freedom."""
    if math.isnan(t) or not dof > 0:
        return math.nan
    beyond = beta_cdf(dof / 2, 0.5, *_shares(t, dof)) / 2
    return beyond if t < 0 else 1 - beyond


def _shares(t: float, dof: float) -> tuple[float, float]:
    if abs(t) > 1e150:  # whose square is infinite
        return 0.0, 1.0
    return dof / (dof + t * t), t * t / (dof + t * t)


@cache
def quantile(dof: float, probability: float = (1 + CONFIDENCE) / 2) -> float:
    """Quantile of t; by default the critical value of a 95 % interval.

    NaN without degrees of freedom.
    """
    if not dof:
        return math.nan
    beyond = min(probability, 1 - probability)
    if not beyond > 0 or math.isinf(dof):
        return normal_quantile(probability)
    # A t is never nearer to zero than a normal variable of the same probability.
    low = max(0.0, -normal_quantile(beyond) - 1e-6)
    high = 2 * low + 1
    while cdf(-high, dof) > beyond:
        low, high = high, 2 * high
    found = root(lambda t: math.log(cdf(-t, dof) / beyond), low, high, 1e-13)
    return found if probability > 0.5 else -found


def two_sided(t: float, dof: float) -> float:
    """Two-sided p-value of a t."""
    return 2 * cdf(-abs(t), dof)


def familywise(t: float, dof: float, tests: int) -> float:
    """p-value of a t, corrected for the number of tests that share its estimate of the noise.

    It is the probability that the largest of so many |t| is at least as large: the studentized
    maximum modulus (Stoline & Ury 1979). Exact for independent estimates, as from a balanced
    design; never too small for others (Šidák 1967).
    """
    if t == 0:
        return 1.0
    x, density = _noise(dof)
    # The |t| of one test is above a tiny one with a probability that rounds to 1.
    sizes = abs(t) / math.sqrt(2) * np.exp(x)
    above = np.minimum([math.erfc(size) for size in sizes.tolist()], np.nextafter(1, 0))
    beyond = -np.expm1(tests * np.log1p(-above))
    return min(1.0, float(np.trapezoid(density * beyond, x)))


@cache
def _noise(dof: float) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of an estimated noise over the true one, (600,), and their density."""
    half = dof / 2

    def below(x: float) -> float:
        """Logarithm of the density, of which the peak is at 0, above what counts for nothing."""
        return dof * x - half * math.expm1(2 * x) + _NEGLIGIBLE

    # At either bound it is below for certain, as e^y is above 0 and above 1 + y + y²/2.
    low, high = -(_NEGLIGIBLE + half) / dof, math.sqrt(_NEGLIGIBLE / dof)
    x = np.linspace(root(below, low, 0), root(below, 0, high), 600)
    peak = math.log(2) + half * math.log(half) - math.lgamma(half) - half
    return x, np.exp(peak + dof * x - half * np.expm1(2 * x))


@cache
def critical_value(dof: float, tests: int, alpha: float = ALPHA) -> float:
    """The |t| whose familywise p-value is `alpha`, at most 5 %; NaN without degrees of freedom."""
    if not dof:
        return math.nan
    # Bonferroni's is never too small (Šidák 1967).
    largest = quantile(dof, 1 - alpha / (2 * tests))
    least = quantile(dof, 1 - alpha / 2)
    if tests == 1:
        return least
    return root(lambda t: familywise(t, dof, tests) - alpha, 0.99 * least, 1.01 * largest)


@cache
def detectable(dof: float, tests: int, alpha: float) -> float:
    """The effect, in standard errors as one study estimates them, that others find in `POWER`.

    Both that study's estimate of the noise and the estimates of those that look for the effect have
    so many degrees of freedom; an effect is found where its |t| is above the `critical_value`. NaN
    without degrees of freedom.
    """
    if not dof:
        return math.nan
    critical = critical_value(dof, tests, alpha)
    x, density = _noise(dof)
    noise, weights = np.exp(x[::_COARSER]), density[::_COARSER]
    both = np.outer(weights, weights).ravel() / np.sum(weights) ** 2

    def lacking(size: float) -> float:
        """The power that a study lacks to find an effect of this size."""
        short = np.subtract.outer(critical * noise, size * noise).ravel() / math.sqrt(2)
        return POWER - float(both @ [math.erfc(each) for each in short.tolist()]) / 2

    largest = critical
    while lacking(largest) > 0:
        largest *= 2
    return root(lacking, 0, largest, 1e-6)


def error_of_mean(values: Collection[float]) -> tuple[float, int]:
    """Standard error of the mean of two values or more, and its degrees of freedom."""
    return math.sqrt(variance(values) / len(values)), len(values) - 1


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
    return satterthwaite([(error**2, dof) for error, dof in parts])


def satterthwaite(parts: Sequence[tuple[float, float]]) -> float:
    """Degrees of freedom of a sum of independent variances (Satterthwaite 1946), of which `parts`
    are each one and its degrees of freedom.

    Zero where a part has none, or where there is no variance at all.
    """
    total = sum(square for square, _ in parts)
    if math.isnan(total) or not total or not all(dof for _, dof in parts):
        return 0.0
    return 1 / sum((square / total) ** 2 / dof for square, dof in parts)
