"""Runs that fell below what their own recipe reaches with other seeds.

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

from search.analysis.random_pairs import SpreadFits, basis
from search.planning.design import pair_columns

_FAR = 5.0
"""Standard errors by which a run is below what the others predict; as far above, noise is wide on
both sides and no run fell."""
_GAP = 6.0
"""Times the median gap between two seeds of a recipe, below which no gap is looked into."""
_LEAST = 2
_MOST = 0.4
"""Share of all runs that may fall; if more do, that is what most recipes reach."""
_AT_ONCE = 0.02
"""Share of the runs that are set aside in one step."""
_LEAST_SQUARES = 1e-300
_LEAST_ROOM = 1e-9
"""Of a run that fits itself, which is then far from nothing."""
_SPARE = 4
"""Runs beyond the techniques that a fit needs at least."""
_PAIRS = np.array([0.01, 0.1, 0.3, 1.0, 3.0])
"""Standard deviations of an interaction over that of the noise; the fit takes the likeliest."""


@dataclass(frozen=True, eq=False)
class BelowFit:
    """Runs below the fit to all others."""

    fell: np.ndarray
    """(runs,): True of these."""
    depth: float
    """How far they are below it, on average."""


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
    aside, found, tried = np.zeros(len(values), dtype=bool), None, set[bytes]()
    while aside.sum() <= _MOST * len(values) and runs.can_be_fitted(~aside):
        below, errors = runs.below(aside)
        fell = aside & (errors > _FAR)
        more = fell.sum() >= (_LEAST if found is None else found.fell.sum() + 1)
        if more and fell.tobytes() not in tried and runs.is_by_seed(fell):
            tried.add(fell.tobytes())
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
    """(runs, pairs): the products of the techniques' signs."""
    values: np.ndarray
    repeated: tuple[np.ndarray, ...]
    """The places of the runs of each recipe that has several."""
    least: float
    """The least difference of two values, as their rounding may leave it."""

    @classmethod
    def of(cls, signs: np.ndarray, values: np.ndarray, recipes: Sequence[str]) -> _Runs:
        places = np.unique(recipes, return_inverse=True)[1]
        repeated = [
            np.flatnonzero(places == one) for one in np.flatnonzero(np.bincount(places) > 1)
        ]
        columns = np.column_stack([np.ones(len(values)), signs])
        least = np.diff(np.unique(values)).min(initial=math.inf)
        return cls(columns, pair_columns(signs), values, tuple(repeated), float(least))

    @property
    def have_gaps(self) -> bool:
        """True where two seeds of some recipe are far apart, beside those of others."""
        gaps = [gap for rows in self.repeated for gap in np.diff(np.sort(self.values[rows]))]
        return bool(gaps) and max(gaps) > _GAP * float(np.median(gaps))

    def can_be_fitted(self, some: np.ndarray) -> bool:
        return bool(some.sum() >= self.columns.shape[1] + _SPARE)

    def is_by_seed(self, some: np.ndarray) -> bool:
        """Check for a recipe with a run that is one of these and another that is not."""
        return any(some[rows].any() and not some[rows].all() for rows in self.repeated)

    def below(self, aside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Depths, (runs,), of all runs below what those not `aside` say of them, and these over
        the standard errors."""
        kept = ~aside
        columns, pairs, values = self.columns, self.pairs, self.values[kept]
        # Independent ones: a technique that is on in all kept runs is no more than the constant.
        columns = columns @ basis(columns[kept])[1]
        fits = SpreadFits(columns[kept], pairs[kept], np.ones(len(values)), _PAIRS**2)
        squares = np.maximum(fits.squares(values[:, np.newaxis])[:, 0], _LEAST_SQUARES)
        likeliest = int(np.argmax(fits.logs - fits.free / 2 * np.log(squares)))
        residuals, room = (each[likeliest] for each in fits.residuals(values))
        room = np.maximum(room, _LEAST_ROOM)
        predicted, variances = fits.predict(likeliest, columns[aside], pairs[aside], values)
        below, errors = np.empty((2, len(kept)))
        below[kept], errors[kept] = -residuals / room, 1 / np.sqrt(room)
        below[aside], errors[aside] = predicted - self.values[aside], np.sqrt(variances)
        errors *= math.sqrt(squares[likeliest] / fits.free)
        return below, below / np.maximum(errors, max(self._within(kept), self.least))

    def _within(self, kept: np.ndarray) -> float:
        """The standard deviation of kept runs around their recipes; 0 where nothing tells it."""
        groups = [self.values[rows[kept[rows]]] for rows in self.repeated]
        dof = sum(max(len(one) - 1, 0) for one in groups)
        squares = sum(len(one) * float(np.var(one)) for one in groups if len(one))
        return math.sqrt(squares / dof) if dof else 0.0
