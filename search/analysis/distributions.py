"""The normal distribution, of one number or several, draws of t, and the beta distribution.

As SciPy has them, but without SciPy; see `search.analysis.solving`.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from search.analysis.solving import root


def normal_cdf(z: float) -> float:
    """Probability that a standard normal variable is at most z."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution."""
    if probability in (0, 1):
        return math.copysign(math.inf, probability - 0.5)
    return NormalDist().inv_cdf(probability)


def beta_cdf(a: float, b: float, x: float, rest: float | None = None) -> float:
    """Probability that a beta variable is at most x, by its continued fraction (DLMF 8.17.22).

    `rest` is 1 - x, where it is known more precisely than that.
    """
    rest = 1 - x if rest is None else rest
    if x <= 0 or rest <= 0:
        return float(rest <= 0)
    if x > (a + 1) / (a + b + 2):  # where it converges slowly
        return 1 - beta_cdf(b, a, rest, x)
    numerator, denominator = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction, change, m = denominator, math.inf, 0
    while abs(change - 1) > 1e-15:
        m += 1
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            denominator = 1 / (1 + term * denominator)
            numerator = 1 + term / numerator
            change = numerator * denominator
            fraction *= change
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(scale + a * math.log(x) + b * math.log(rest)) * fraction / a


def beta_quantile(a: float, b: float, probability: float) -> float:
    """Quantile of a beta variable."""
    return root(lambda x: beta_cdf(a, b, x) - probability, 0, 1)


def t_draws(covariance: np.ndarray, dof: float, count: int) -> np.ndarray:
    """Draw from a multivariate t distribution around zero, (count, n), the same at every call."""
    random = np.random.default_rng(0)
    normal = random.standard_normal((count, len(covariance))) @ symmetric_root(covariance)
    return np.asarray(normal / np.sqrt(random.chisquare(dof, (count, 1)) / dof))


def symmetric_root(covariance: np.ndarray) -> np.ndarray:
    """Square root, (n, n), of a covariance, for draws from a normal distribution with it.

    Unlike a root made of eigenvectors alone, it hardly changes where the covariance hardly does, so
    the draws of two processors that round differently agree.
    """
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
