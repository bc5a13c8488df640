"""The value of every recipe, predicted from runs of some: the techniques and their pairs as random
effects.

A recipe's value is a constant, plus a random term for each technique, for each pair and for the
recipe itself; a run adds noise. The variances of the four are estimated by restricted maximum
likelihood with the penalty of Chung et al. (2013, Psychometrika 78), which keeps each above zero,
and the values by the best linear unbiased prediction (Henderson 1975, Biometrics 31). Where every
recipe ran once, nothing tells its own term from noise, so that is taken to be about as large as the
pairs are. So a fit that explains little is hardly believed, and neither is one lucky run. What else
the runs differ in, as learning rates of another program, are fixed effects beside the constant, and
what these change, and is changed in them, are random terms of one more variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from search.analysis.least_squares import independent, pseudo_inverse
from search.analysis.solving import minimum

_FEW_RECIPES = 300
"""Recipes that give the variances; of more, as many drawn at random do, and slopes within recipes
are enough."""
_MOST_RECIPES = 2000
"""Recipes that are fitted; of more, whose matrices would take seconds, as many drawn at random."""
_LEAST_RECIPES = 3
_ENOUGH = 10
"""Runs beside the first of each recipe, for each column of what else they differ in."""
_LEAST_LACKING = 1e-6
"""The mean square of what columns lack of a constant, below which they add up to one."""
_STEP = 1e-3
"""Of a logarithm, over which the likelihood's curvature is taken."""
_LEAST_CURVE = 1.0
"""Curvature of a direction in which the runs hardly say how large the variances are: by their
logarithms' standard deviation of 1, no more than a factor of e is doubted. With less of it,
intervals that also allow for the choice of a recipe would be wider than they need be."""
_OWN, _OWN_SPREAD = 0.7, 1.0
"""A recipe's own variance over that of the pairs before anything is known: its median, and the
standard deviation of its logarithm. Where seeds tell it, it is 0.9 on digits, 0.9 on digits at four
learning rates, 1.1 on spoken digits and 0.2 on CIFAR-10."""
_PAIRS, _RECIPE, _NOISE = 1, 2, 3
"""Places of some of the variances."""
_SPAN = 14.0
"""Logarithm of the range below the total variance in which each variance is looked for."""


@dataclass(frozen=True, eq=False)
class Points:
    """Recipes, as the surface tells them apart."""

    levels: np.ndarray
    """(recipes, techniques): 1 where a technique is on, -1 where it is off."""
    keys: np.ndarray
    """(recipes,): integers, equal for the same techniques with the same dials."""
    beside: np.ndarray | None = None
    """(recipes, columns): what else they differ in; None where that is 0."""
    terms: np.ndarray | None = None
    """(recipes, terms): its products with the techniques and each other; None where these are 0."""

    @property
    def recipes(self) -> Points:
        """The same, as far as the recipes differ."""
        return Points(self.levels, self.keys)

    def __getitem__(self, rows: np.ndarray) -> Points:
        """Select recipes by their places."""
        beside, terms = (None if one is None else one[rows] for one in (self.beside, self.terms))
        return Points(self.levels[rows], self.keys[rows], beside, terms)


@dataclass(frozen=True, eq=False)
class Surface:
    """A fit to the mean values of some recipes."""

    observed: Points
    variances: np.ndarray
    """(4 or 5,): of all techniques together, of all pairs, of a recipe, of one run's noise, and of
    the points' terms, if they have any."""
    _doubt: np.ndarray
    """(variances, variances): the covariance of their logarithms, as they are estimates."""
    _shifts: np.ndarray
    """(observed, variances): what a rise of each by a share adds to `_centred`, for that share."""
    _rises: np.ndarray
    """(1 + beside, variances): as much of the fixed effects."""
    _inverse: np.ndarray
    _weights: np.ndarray
    """(observed, 1 + beside): the inverse's product with the fixed effects' columns."""
    _uncertainty: np.ndarray
    """(1 + beside, 1 + beside): the covariance of the fixed effects."""
    _centred: np.ndarray
    _effects: np.ndarray
    """(1 + beside,): the constant, and the others."""
    _basis: np.ndarray
    """(columns, beside): makes the others' columns of the points'."""

    @property
    def constant(self) -> float:
        """Where all else is at 0."""
        return float(self._effects[0])

    @property
    def fixed(self) -> int:
        """Fixed effects: the constant, and what else the runs differ in."""
        return len(self._uncertainty)

    def predict(self, points: Points) -> tuple[np.ndarray, np.ndarray]:
        """Predict the values of recipes: means, (recipes,), and covariance, (recipes, recipes)."""
        across, fixed = self._covariance(points, self.observed), self._fixed_of(points)
        missing = fixed - across @ self._weights
        spread = self._covariance(points, points) - across @ self._inverse @ across.T
        spread += missing @ self._uncertainty @ missing.T
        return fixed @ self._effects + across @ self._centred, spread

    def errors(self, points: Points) -> np.ndarray:
        """Standard errors of the predicted values, (recipes,), with the variances as they are."""
        across, fixed = self._covariance(points, self.observed), self._fixed_of(points)
        missing = fixed - across @ self._weights
        techniques = points.levels.shape[1]
        alone = np.full(len(across), self.variances[:3] @ [techniques > 0, techniques > 1, 1])
        if points.terms is not None:
            alone += self.variances[-1] * np.mean(points.terms**2, axis=1)
        alone -= np.einsum("ij,ij->i", across @ self._inverse, across)
        alone += np.einsum("ij,ij->i", missing @ self._uncertainty, missing)
        return np.asarray(np.sqrt(np.maximum(alone, 0)))

    def doubt(self, points: Points) -> np.ndarray:
        """Covariance, (recipes, recipes), that the errors of the variances add to predictions.

        To the first order (Kackar & Harville 1984, Journal of the American Statistical Association
        79).
        """
        kernels = _kernels(points, self.observed)
        random = np.delete(np.arange(len(self.variances)), _NOISE)
        spreads = self.variances[random]
        slopes = self._fixed_of(points) @ self._rises
        slopes += np.tensordot(spreads, kernels, 1) @ self._shifts
        slopes[:, random] += (kernels @ self._centred).T * spreads
        return np.asarray(slopes @ self._doubt @ slopes.T)

    def means(self, points: Points) -> np.ndarray:
        """Predict the values of recipes, (recipes,)."""
        fixed = self._fixed_of(points) @ self._effects
        return np.asarray(fixed + self._covariance(points, self.observed) @ self._centred)

    def beside(self, columns: np.ndarray, terms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Estimate what some of the columns and of the terms add, by their places: (columns +
        terms,), and its covariance."""
        assert self.observed.terms is not None
        basis = np.column_stack([np.zeros(len(columns)), self._basis[columns]])
        each = self.variances[-1] / self.observed.terms.shape[1]
        across = each * self.observed.terms[:, terms].T
        values = np.concatenate([basis @ self._effects, across @ self._centred])
        weighted = np.concatenate([-basis, across @ self._weights])
        spread = weighted @ self._uncertainty @ weighted.T
        spread[len(columns) :, len(columns) :] += (
            each * np.eye(len(terms)) - across @ self._inverse @ across.T
        )
        return values, spread

    @property
    def slopes(self) -> np.ndarray:
        """(techniques,): half of the techniques' predicted effects."""
        levels = self.observed.levels
        return np.asarray(self.variances[0] / max(levels.shape[1], 1) * (self._centred @ levels))

    def everywhere(self, free: Sequence[int], held: np.ndarray) -> np.ndarray:
        """Predict every combination of some techniques, (2**free,), but for the recipes' own terms.

        The place of a combination has bit i where technique `free[i]` is on. The others are as in
        `held`, (techniques,) of ±1.
        """
        levels, count = self.observed.levels, self.observed.levels.shape[1]
        twice = 2 * self.variances[1] / max(count * (count - 1), 1)
        pairs = np.triu(twice * (levels.T * self._centred) @ levels, 1)
        pairs = pairs + pairs.T
        kept = np.where(np.isin(np.arange(count), free), 0.0, held)
        values = np.full(1, self.constant + self.slopes @ kept + kept @ pairs @ kept / 2)
        slopes = self.slopes + pairs @ kept
        for at, technique in enumerate(free):
            step = slopes[technique : technique + 1]
            for before in free[:at]:
                both = pairs[before, technique]
                step = np.concatenate([step - both, step + both])
            values = np.concatenate([values - step, values + step])
        return values

    def left_out(self) -> np.ndarray:
        """Errors, (recipes,), of the observed means less what the other recipes predict, with the
        variances as they are."""
        projection = self._inverse - self._weights @ self._uncertainty @ self._weights.T
        return np.asarray(self._centred / np.diag(projection))

    def _covariance(self, points: Points, others: Points) -> np.ndarray:
        kernels = _kernels(points, others)
        spreads = np.delete(self.variances, _NOISE)[: len(kernels)]
        return np.asarray(np.tensordot(spreads, kernels, 1))

    def _fixed_of(self, points: Points) -> np.ndarray:
        """The columns, (points, 1 + beside), of the fixed effects."""
        ones = np.ones((len(points.keys), 1))
        if points.beside is None or self.fixed == 1:
            return np.column_stack([ones, np.zeros((len(ones), self.fixed - 1))])
        return np.column_stack([ones, points.beside @ self._basis])


def fit_surface(points: Points, values: np.ndarray) -> Surface | None:
    """Fit the surface to runs, one of `points` and a value, (runs,), each.

    None for fewer than three recipes, or where all runs have the same value. A fit to the same runs
    is made once.
    """
    none = np.empty((len(values), 0))
    return _fitted(
        points.levels.shape,
        points.levels.astype(float).tobytes(),
        points.keys.astype(np.int64).tobytes(),
        (none if points.beside is None else points.beside).astype(float).tobytes(),
        (none if points.terms is None else points.terms).astype(float).tobytes(),
        values.astype(float).tobytes(),
    )


@lru_cache(maxsize=8)
def _fitted(
    shape: tuple[int, ...],
    levels: bytes,
    keys: bytes,
    beside: bytes,
    terms: bytes,
    values_of: bytes,
) -> Surface | None:
    others, products = (
        np.frombuffer(one).reshape(shape[0], -1) if one else None for one in (beside, terms)
    )
    places = np.frombuffer(keys, dtype=np.int64)
    every = Points(np.frombuffer(levels).reshape(shape), places, others, products)
    return _fit(every, np.frombuffer(values_of))


def _fit(points: Points, values: np.ndarray) -> Surface | None:
    recipes_of = np.unique(points.keys, return_inverse=True)[1]
    count = int(recipes_of.max(initial=-1)) + 1
    if count < _LEAST_RECIPES:
        return None
    beside, shared = points.beside, np.zeros((count, count))
    many = points.terms is None and len(values) > _FEW_RECIPES
    if many and beside is not None and len(values) - count >= _ENOUGH * beside.shape[1]:
        # Of so many runs the recipes' means say all, with what the slopes within recipes leave.
        values, shared = adjusted(recipes_of, values, beside)
        beside = None
    # Runs of one recipe are alike, and their mean says all, unless they differ in something else.
    alike = points.keys if beside is None else np.arange(len(values))
    _, first, of = np.unique(alike, return_index=True, return_inverse=True)
    counts = np.bincount(of)
    means = np.bincount(of, values) / counts
    within, dof = float(np.sum((values - means[of]) ** 2)), len(values) - len(first)
    noise = np.diag(1 / counts) + (shared if beside is None else 0)
    order = np.random.default_rng(0).permutation(len(first))
    kept = np.sort(order[:_MOST_RECIPES])
    means, noise, recipes = means[kept], noise[np.ix_(kept, kept)], points[first[kept]]
    if not np.var(means) > 0:
        return None
    kernels = np.insert(_kernels(recipes, recipes), _NOISE, noise, axis=0)
    columns = np.empty((len(kept), 0)) if beside is None else beside[first[kept]]
    found, basis = _beside_constant(columns)
    fixed = np.column_stack([np.ones(len(kept)), found])
    few = np.searchsorted(kept, np.sort(order[:_FEW_RECIPES]))
    some = kernels[:, few[:, np.newaxis], few]
    variances, doubt = _variances(some, means[few], independent(fixed[few])[0], within, dof)
    inverse = np.linalg.inv(np.tensordot(variances, kernels, 1))
    weights = inverse @ fixed
    uncertainty = np.linalg.inv(fixed.T @ weights)
    effects = uncertainty @ weights.T @ means
    centred = inverse @ (means - fixed @ effects)
    parts = (kernels @ centred).T * variances
    rises = -uncertainty @ weights.T @ parts
    shifts = -inverse @ (parts + fixed @ rises)
    return Surface(
        recipes, variances, doubt, shifts, rises, inverse, weights, uncertainty, centred, effects,
        basis,
    )  # fmt: skip


def adjusted(
    recipes: np.ndarray, values: np.ndarray, beside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Take from the values, (runs,), what else they differ in, by its slopes within recipes.

    `recipes` are the runs' recipes, counted from 0, and `beside` the columns, (runs, columns).
    Returns them with the covariance, (recipes, recipes), that the slopes' errors give the recipes'
    means, for a noise of 1.
    """
    counts = np.bincount(recipes)

    def means(column: np.ndarray) -> np.ndarray:
        return np.asarray(np.bincount(recipes, column) / counts)

    middles = np.column_stack([means(column) for column in beside.T])
    inside = beside - middles[recipes]
    inverse = pseudo_inverse(inside)
    slopes = inverse @ (values - means(values)[recipes])
    errors = middles @ inverse
    return np.asarray(values - beside @ slopes), np.asarray(errors @ errors.T)


def _beside_constant(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Independent columns of the same space, at their means where they add up to a constant, and
    what makes them of the columns, (columns, n).

    Those of parameters that only some runs were asked for may, and then no run tells the constant.
    """
    found, lengths, shares = independent(columns)
    ones = np.ones(len(columns))
    if np.mean((ones - found @ (found.T @ ones)) ** 2) <= _LEAST_LACKING:
        found, lengths, shares = independent(columns - columns.mean(axis=0))
    return found, shares / lengths


def _kernels(points: Points, others: Points) -> np.ndarray:
    """Correlations (3 or 4, points, others) by techniques, by pairs, of the recipes themselves, and
    by terms, if the others have any.

    Half of a recipe's own term is shared by the same techniques with other dials.
    """
    techniques = points.levels.shape[1]
    products = points.levels @ others.levels.T
    pairs = (products**2 - techniques) / max(techniques * (techniques - 1), 1)
    same = points.keys[:, np.newaxis] == others.keys
    own = ((products == techniques) + same.astype(float)) / 2
    kernels = [products / max(techniques, 1), pairs, own]
    if others.terms is not None:
        alike = np.zeros_like(own) if points.terms is None else points.terms @ others.terms.T
        kernels.append(alike / others.terms.shape[1])
    return np.array(kernels)


def _variances(
    kernels: np.ndarray, means: np.ndarray, fixed: np.ndarray, within: float, dof: int
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the variance of each of the kernels, (kernels,), with the covariance of their
    logarithms, (kernels, kernels).

    `within` and `dof` are of the runs around their recipes.
    """
    usual, free = np.log(_OWN), [at for at in range(len(kernels)) if at != _RECIPE]
    total = float(np.var(means))

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        variances = np.exp(logs)
        covariance = np.tensordot(variances, kernels, 1)
        inverse = np.linalg.inv(covariance)
        weights = inverse @ fixed
        information = fixed.T @ weights
        projection = inverse - weights @ np.linalg.solve(information, weights.T)
        scores = projection @ means
        determinants = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(information)[1]
        likelihood = -(determinants + means @ scores)
        likelihood -= dof * logs[_NOISE] + within / variances[_NOISE]
        slopes = np.einsum("i,kij,j->k", scores, kernels, scores)
        slopes = (slopes - np.einsum("ij,kij->k", projection, kernels)) * variances
        slopes[_NOISE] += within / variances[_NOISE] - dof
        slopes[free] += 1
        penalty = logs[free].sum()  # twice the logarithm of the standard deviations
        apart = (logs[_RECIPE] - logs[_PAIRS] - usual) / _OWN_SPREAD
        slopes[[_PAIRS, _RECIPE]] += np.array([2, -2]) * apart / _OWN_SPREAD
        return -(likelihood + penalty - apart**2) / 2, -slopes / 2

    top = np.log(total)
    start = np.full(len(kernels), top - np.log(len(kernels)))
    found = minimum(loss, start, top - _SPAN, top + np.log(100))
    steps = _STEP * np.eye(len(found))
    curves = np.array([loss(found + step)[1] - loss(found - step)[1] for step in steps])
    curves = (curves + curves.T) / (4 * _STEP)
    sizes, directions = np.linalg.eigh(curves)
    doubt = directions / np.maximum(sizes, _LEAST_CURVE) @ directions.T
    return np.exp(found), np.asarray(doubt)
