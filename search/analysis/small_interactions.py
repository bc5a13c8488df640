"""The interactions of a design that leaves no runs for the noise, and what they tell.

Most of them are chance, so they tell the noise of a run; all are, where a run is an outlier. And
they tell about how large the interactions of three techniques are, each of which such a design
shows as the effect of a fourth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from search.analysis.covariates import Pair
from search.analysis.distributions import beta_cdf
from search.analysis.failing_cells import is_cell
from search.analysis.least_squares import FITS_ITSELF, rank
from search.analysis.t_distribution import two_sided

_OUTLYING = 0.01
"""p-value, corrected for the number of runs, from which a run is an outlier."""
_ROUNDING = 1e-18
"""A share of the values' squares, below which a fit leaves nothing."""
_OF_CHANCE = 2.5
"""Times their typical size up to which interactions count as chance (Lenth 1989; Dong 1993)."""
_ORDINARY = 4.0
"""Times their typical size from which an interaction counts as no larger: a pair that stands out
so far says nothing about others."""
_TRIPLES = 0.05
"""Mean square of the interactions of three techniques, as a share of those of two: rather too much,
as it is at most 3 % in the real runs of all recipes on digits. They are rarer and smaller (Li,
Sudarsanam & Frey 2006, Complexity 11)."""


def chance(sizes: np.ndarray) -> tuple[np.ndarray, int]:
    """Estimate one run's noise, (responses,), and its degrees of freedom, from interactions.

    `sizes`, (interactions, responses), are on the scale of that noise. The root mean square of
    those that are not far larger than the middle one (Dong 1993, Statistica Sinica 3). Half of them
    count as degrees of freedom, as some of those, too, are more than chance.
    """
    if not len(sizes):
        return np.zeros(sizes.shape[1]), 0
    kept = np.abs(sizes) <= _OF_CHANCE * _typical(sizes)
    squares = np.sum(np.where(kept, sizes**2, 0), axis=0)
    return np.sqrt(squares / np.sum(kept, axis=0)), len(sizes) // 2


def has_outlier(main: np.ndarray, values: np.ndarray, levels: np.ndarray) -> bool:
    """Check for runs that the effects of the techniques alone cannot explain, as they diverged.

    `main` is (runs, terms), `values` (runs,), and `levels` (runs, techniques) of ±1. One such run
    changes all interactions by the same amount, and two of them change half of these, so that the
    rest looks like the noise (Box & Meyer 1987).
    """
    return _has_one(main, values) or _has_several(main, values, levels)


def _has_several(main: np.ndarray, values: np.ndarray, levels: np.ndarray) -> bool:
    """Check for several of the lowest runs, or of the highest, that stand out together.

    Several mask each other where each is looked at alone. By the F of the mean shifts of up to a
    quarter of the runs, corrected for all choices of so many (Cook & Weisberg 1982). Not all those
    of a cell, which do what its techniques do.
    """
    runs, terms = main.shape
    total = _left(main, values)
    if total <= _ROUNDING * float(values @ values):
        return False
    rising = np.argsort(values, kind="stable")
    for order in (rising, rising[::-1]):
        for count in range(2, runs // 4 + 1):
            rest = np.sort(order[count:])
            dof = runs - terms - count
            if dof < 2 or rank(main[rest]) < terms:
                break
            share = _left(main[rest], values[rest]) / total
            if beta_cdf(dof / 2, count / 2, share) * math.comb(runs, count) < _OUTLYING:
                inside = np.isin(np.arange(runs), order[:count])
                if not is_cell(levels, inside):
                    return True
    return False


def _left(main: np.ndarray, values: np.ndarray) -> float:
    """The squares that a fit of the effects alone leaves."""
    _, left = _residuals(main, values)
    return float(left @ left)


def _residuals(main: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An orthonormal basis of the terms, (runs, terms), and what they leave of the values."""
    basis, _ = np.linalg.qr(main)
    return basis, values - basis @ (basis.T @ values)


def _has_one(main: np.ndarray, values: np.ndarray) -> bool:
    """Check for one, by the largest externally studentized residual, corrected for the number of
    runs (Cook & Weisberg 1982)."""
    basis, left = _residuals(main, values)
    dof = len(values) - basis.shape[1] - 1
    room = 1 - np.sum(basis**2, axis=1)
    total = float(left @ left)
    if dof < 1 or total <= _ROUNDING * float(values @ values):
        return False
    share = np.max(left**2 / np.where(room > FITS_ITSELF, total * room, np.inf))
    if share >= 1 - 1e-9:
        return True
    largest = float(np.sqrt(share * dof / (1 - share)))
    return len(values) * two_sided(largest, dof) < _OUTLYING


def triples(
    techniques: Sequence[str],
    groups: Sequence[Sequence[Pair]],
    interactions: np.ndarray,
    variances: np.ndarray,
) -> np.ndarray:
    """Estimate what interactions of three may add to each coefficient: (techniques, responses).

    As a standard deviation. `groups` are the pairs, those of one column together; `interactions`,
    (groups, responses), are their coefficients, and `variances`, (responses,), those of the noise
    in one of these. Two pairs of a group make a word of four letters, in which each technique is
    aliased with the product of the other three.
    """
    aliased = np.zeros(len(techniques))
    for group in groups:
        for name in (name for pair in group for name in pair):
            # Each word is in three groups.
            aliased[techniques.index(name)] += (len(group) - 1) / 3
    ordinary = np.minimum(np.abs(interactions), _ORDINARY * _typical(interactions))
    pairs = sum(len(group) for group in groups)
    of_pairs = np.maximum(0, np.sum(ordinary**2 - variances, axis=0)) / pairs
    return np.sqrt(_TRIPLES * np.outer(aliased, of_pairs))


def _typical(sizes: np.ndarray) -> np.ndarray:
    """One and a half times the median size, (responses,): a standard deviation if all is chance."""
    return np.asarray(1.5 * np.median(np.abs(sizes), axis=0))
