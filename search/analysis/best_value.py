"""The best value of a number, and what chance makes of the best of several estimates.

Hsu 1996: multiple comparisons with the best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from search.analysis.distributions import t_draws
from search.analysis.t_distribution import CONFIDENCE
from search.parameters import Number

_DRAWS = 4_000


@dataclass(frozen=True)
class BestNumber:
    """Where a number of another program, as its learning rate, is best for one recipe."""

    number: Number
    values: tuple[float, ...]
    """Rising: those at which it was looked at."""
    best: float
    best_low: float
    """Ends of the values that are not surely worse than that: their 95 % interval."""
    best_high: float
    matters: bool
    """True where some values are surely worse, for this recipe or on average."""

    @property
    def whole(self) -> bool:
        """True of an integer."""
        return all(isinstance(value, int) for value in self.values)

    @property
    def open_ends(self) -> tuple[bool, bool]:
        """Whether the best value may be lower, or higher, than all of `values`."""
        return self.best_low <= self.values[0], self.best_high >= self.values[-1]


@dataclass(frozen=True, eq=False)
class Chance:
    """What differences of estimates come to, in standard errors, where all are truly equal."""

    sizes: np.ndarray
    """(draws,): the largest, from the estimate that comes out best."""
    behind_best: np.ndarray
    """(n,): its 95 % quantile, or, of each estimate, that of what the others are above it at the
    most, where this is larger: one that is truly best is further behind in 5 % of cases (Hsu)."""
    of_any_two: float
    """The 95 % quantile of the largest difference of any two."""

    @staticmethod
    def of(covariance: np.ndarray, dof: float) -> Chance:
        """Draw from the multivariate t distribution of n estimates."""
        draws = t_draws(covariance, dof, _DRAWS)
        errors = errors_of_differences(covariance)
        errors = np.where(errors > 0, errors, math.inf)
        above = (draws[:, :, np.newaxis] - draws[:, np.newaxis]) / errors
        sizes = above[np.arange(_DRAWS), draws.argmax(axis=1)].max(axis=1)
        behind = np.quantile(above.max(axis=1), CONFIDENCE, axis=0)
        return Chance(
            sizes,
            np.maximum(behind, np.quantile(sizes, CONFIDENCE)),
            float(np.quantile(above.max(axis=(1, 2)), CONFIDENCE)),
        )

    def p_value(self, size: float) -> float:
        """The probability that the best of equal estimates is so far, or further, from another."""
        return (1 + float(np.sum(self.sizes >= size))) / (1 + _DRAWS)


def errors_of_differences(covariance: np.ndarray) -> np.ndarray:
    """Standard errors, (n, n), of the difference of each two of n estimates."""
    variances = np.diag(covariance)
    return np.asarray(np.sqrt(np.maximum(np.add.outer(variances, variances) - 2 * covariance, 0)))
