"""Runs that fell below what their own recipe comes to with other seeds.

A forward search (Hadi & Simonoff 1993, Journal of the American Statistical Association 88): the
runs farthest below the fit are set aside, a few at a time, and the fit is made anew to the others.
So many runs that fell do not hide each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_FAR = 5.0
"""Standard errors by which a run is below what the others predict; as far above, noise is wide on
both sides and no run fell."""
_GAP = 6.0
"""Times the median gap between two seeds of a recipe, below which no gap is looked into."""
_LEAST = 2
_MOST = 0.4
"""Share of all runs; of more, they are what most recipes come to."""
_AT_ONCE = 0.02
"""Share of the runs that are set aside in one step."""
_LEAST_ROOM = 1e-9
"""Of a run that fits itself, which is then far from nothing."""
_SPARE = 4
"""Runs beyond the techniques, of which fewer cannot be fitted."""
_PAIRS = (0.01, 0.1, 0.3, 1.0, 3.0)
"""Standard deviations of an interaction, beside the noise, of which the fit takes the likeliest."""


@dataclass(frozen=True, eq=False)
class BelowFit:
    """Runs below the fit to all others."""

    fell: np.ndarray
    """(runs,): True of these."""
    depth: float
    """How far they are below it, in the mean."""


def below_fit(signs: np.ndarray, values: np.ndarray, recipes: Sequence[str]) -> BelowFit | None:
    """Find the runs that fell by their seed; None where there are none.

    `signs`, (runs, techniques), are 1 where a technique is on and -1 where it is off, `values`,
    (runs,), the more the better, and `recipes` name each run's recipe. Some recipe must have fallen
    with one seed and not with another: else what is below the fit may be so always. The same runs
    are searched once.
    """
    return _searched(
        signs.shape, signs.astype(float).tobytes(), values.astype(float).tobytes(), tuple(recipes)
    )


@lru_cache(maxsize=8)
def _searched(
    shape: tuple[int, ...], signs: bytes, values_of: bytes, recipes: tuple[str, ...]
) -> BelowFit | None:
    values = np.frombuffer(values_of)
    runs = _Runs.of(np.frombuffer(signs).reshape(shape), values, recipes)
    if not runs.have_gaps:
        return None
    aside, found = np.zeros(len(values), dtype=bool), None
    while aside.sum() <= _MOST * len(values) and runs.can_be_fitted(~aside):
        below, errors = runs.below(aside)
        fell = aside & (errors > _FAR)
        if (
            fell.sum() >= _LEAST
            and runs.is_by_seed(fell)
            and (found is None or fell.sum() > found.fell.sum())
        ):
            below, again = runs.below(fell)
            if np.all(again[fell] > _FAR) and np.all(np.abs(again[~fell]) < _FAR):
                found = BelowFit(fell, float(below[fell].mean()))
        count = int(aside.sum()) + math.ceil(_AT_ONCE * len(values))
        aside = np.isin(np.arange(len(values)), np.argsort(-errors)[:count])
    return found


@dataclass(frozen=True, eq=False)
class _Runs:
    columns: np.ndarray
    """(runs, 1 + techniques)."""
    pairs: np.ndarray
    """(runs, runs): the products of their signs, summed over all pairs of techniques."""
    values: np.ndarray
    recipes: tuple[np.ndarray, ...]
    """The places of each recipe's runs."""
    least: float
    """The least difference of two values, as their rounding may leave it."""

    @classmethod
    def of(cls, signs: np.ndarray, values: np.ndarray, recipes: Sequence[str]) -> _Runs:
        places = np.unique(recipes, return_inverse=True)[1]
        rows = (np.flatnonzero(places == one) for one in range(places.max(initial=-1) + 1))
        columns = np.column_stack([np.ones(len(values)), signs])
        pairs = ((signs @ signs.T) ** 2 - signs.shape[1]) / 2
        least = np.diff(np.unique(values)).min(initial=math.inf)
        return cls(columns, pairs, values, tuple(rows), float(least))

    @property
    def have_gaps(self) -> bool:
        """True where two seeds of some recipe are far apart, beside those of others."""
        gaps = [np.diff(np.sort(self.values[rows])) for rows in self.recipes if len(rows) > 1]
        every = np.concatenate([*gaps, np.zeros(0)])
        return bool(len(every) and every.max() > _GAP * np.median(every))

    def can_be_fitted(self, some: np.ndarray) -> bool:
        return bool(some.sum() >= self.columns.shape[1] + _SPARE)

    def is_by_seed(self, some: np.ndarray) -> bool:
        """Check for a recipe with a run that is one of these and another that is not."""
        return any(some[rows].any() and not some[rows].all() for rows in self.recipes)

    def below(self, aside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far all runs, (runs,), are below what those not `aside` say of them: of the values,
        and over the standard error."""
        kept = ~aside
        fit = _Fit.of(self.columns[kept], self.pairs[np.ix_(kept, kept)], self.values[kept])
        below, errors = np.empty((2, len(kept)))
        below[kept], errors[kept] = fit.left_out
        below[aside], errors[aside] = fit.below(
            self.columns[aside], self.pairs[np.ix_(aside, kept)], np.diag(self.pairs)[aside],
            self.values[aside],
        )  # fmt: skip
        return below, below / np.maximum(errors, max(self._within(kept), self.least))

    def _within(self, kept: np.ndarray) -> float:
        """The standard deviation of kept runs around their recipes; 0 where nothing tells it."""
        groups = [self.values[rows[kept[rows]]] for rows in self.recipes]
        dof = sum(max(len(one) - 1, 0) for one in groups)
        squares = sum(len(one) * float(np.var(one)) for one in groups if len(one))
        return math.sqrt(squares / dof) if dof else 0.0


@dataclass(frozen=True, eq=False)
class _Fit:
    """Techniques as fixed effects, and their pairs as random ones, of the likeliest variance."""

    ratio: float
    """The variance of an interaction over that of the noise."""
    inverse: np.ndarray
    spread: np.ndarray
    """The covariance of the coefficients, over the variance of the noise."""
    coefficients: np.ndarray
    centred: np.ndarray
    noise: float
    left_out: np.ndarray
    """(2, runs): how far each is below what the others say of it, and the standard error."""
    columns: np.ndarray

    @classmethod
    def of(cls, columns: np.ndarray, pairs: np.ndarray, values: np.ndarray) -> _Fit:
        fits = [cls._by(size**2, columns, pairs, values) for size in _PAIRS]
        return max(fits, key=lambda each: each[0])[1]

    @classmethod
    def _by(
        cls, ratio: float, columns: np.ndarray, pairs: np.ndarray, values: np.ndarray
    ) -> tuple[float, _Fit]:
        """The fit of a ratio, after the logarithm of its restricted likelihood."""
        covariance = np.eye(len(values)) + ratio * pairs
        inverse = np.linalg.inv(covariance)
        weights = inverse @ columns
        spread = np.linalg.pinv(columns.T @ weights, hermitian=True)
        coefficients = spread @ weights.T @ values
        centred = inverse @ (values - columns @ coefficients)
        dof = len(values) - columns.shape[1]
        variance = max(float(values @ centred) / dof, 1e-300)
        room = np.diag(inverse - weights @ spread @ weights.T)
        room = np.maximum(room, _LEAST_ROOM)
        left_out = np.array([-centred / room, np.sqrt(variance / room)])
        likelihood = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(spread)[1]
        likelihood += dof * math.log(variance)
        fit = cls(ratio, inverse, spread, coefficients, centred, math.sqrt(variance), left_out,
                  columns)  # fmt: skip
        return -likelihood / 2, fit

    def below(
        self, columns: np.ndarray, across: np.ndarray, own: np.ndarray, values: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """How far other runs are below what this fit predicts of them, and the standard errors."""
        across = self.ratio * across
        predicted = columns @ self.coefficients + across @ self.centred
        missing = columns - across @ self.inverse @ self.columns
        variances = 1 + self.ratio * own - np.sum(across @ self.inverse * across, axis=1)
        variances += np.sum(missing @ self.spread * missing, axis=1)
        return predicted - values, self.noise * np.sqrt(variances)
