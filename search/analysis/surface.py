"""The value of every recipe, predicted from runs of some: the techniques and their pairs as random
effects.

A recipe's value is a constant, plus a random term for each technique, for each pair and for the
recipe itself; a run adds noise. The variances of the four are estimated by restricted maximum
likelihood with the penalty of Chung et al. (2013, Psychometrika 78), which keeps each above zero,
and the values by the best linear unbiased prediction (Henderson 1975, Biometrics 31). Where every
recipe ran once, nothing tells its own term from noise, so that is taken to be about as large as the
pairs are. So a fit that explains little is hardly believed, and neither is one lucky run. What else
the runs differ in, as learning rates of another program, are fixed effects beside the constant, and
its products with each other and with the techniques are random terms of one more variance.
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

    def __getitem__(self, rows: np.ndarray) -> Points:
        """Select recipes by their places."""
        return Points(self.levels[rows], self.keys[rows])


@dataclass(frozen=True, eq=False)
class Surface:
    """A fit to the mean values of some recipes."""

    observed: Points
    variances: np.ndarray
    """(4 or 5,): of all techniques together, of all pairs, of a recipe, of one run's noise, and of
    all products with what else the runs differ in, if there are any."""
    _doubt: np.ndarray
    """(variances, variances): the covariance of their logarithms, as they are estimates."""
    _shifts: np.ndarray
    """(observed, variances): what a rise of each by a share adds to `_centred`, for that share."""
    _rises: np.ndarray
    """(variances,): as much of the constant."""
    _inverse: np.ndarray
    _weights: np.ndarray
    """(observed, 1 + beside): the inverse's product with the fixed effects' columns."""
    _uncertainty: np.ndarray
    """(1 + beside, 1 + beside): the covariance of the fixed effects."""
    _centred: np.ndarray
    constant: float

    @property
    def fixed(self) -> int:
        """Fixed effects: the constant, and what else the runs differ in."""
        return len(self._uncertainty)

    def predict(self, points: Points) -> tuple[np.ndarray, np.ndarray]:
        """Predict the values of recipes: means, (recipes,), and covariance, (recipes, recipes).

        What else the runs differ in is at 0.
        """
        across = self._covariance(points, self.observed)
        missing = np.eye(1, self.fixed) - across @ self._weights
        spread = self._covariance(points, points) - across @ self._inverse @ across.T
        spread += missing @ self._uncertainty @ missing.T
        return self.constant + across @ self._centred, spread

    def doubt(self, points: Points) -> np.ndarray:
        """Covariance, (recipes, recipes), that the errors of the variances add to predictions.

        To the first order (Kackar & Harville 1984, Journal of the American Statistical Association
        79).
        """
        kernels = _kernels(points, self.observed)
        slopes = self._rises + np.tensordot(self.variances[:3], kernels, 1) @ self._shifts
        slopes[:, :3] += (kernels @ self._centred).T * self.variances[:3]
        return np.asarray(slopes @ self._doubt @ slopes.T)

    def means(self, points: Points) -> np.ndarray:
        """Predict the values of recipes, (recipes,)."""
        return np.asarray(self.constant + self._covariance(points, self.observed) @ self._centred)

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
        return np.asarray(np.tensordot(self.variances[:3], kernels, 1))


def fit_surface(
    points: Points,
    values: np.ndarray,
    beside: np.ndarray | None = None,
    products: np.ndarray | None = None,
) -> Surface | None:
    """Fit the surface to runs, one of `points` and a value, (runs,), each.

    `beside` are columns, (runs, columns), of what else they differ in, and `products` those of
    these with each other and with the techniques. None for fewer than three recipes, or where all
    runs have the same value. A fit to the same runs is made once.
    """
    none = np.empty((len(values), 0))
    return _fitted(
        points.levels.shape,
        points.levels.astype(float).tobytes(),
        points.keys.astype(np.int64).tobytes(),
        values.astype(float).tobytes(),
        (none if beside is None else beside).astype(float).tobytes(),
        (none if products is None else products).astype(float).tobytes(),
    )


@lru_cache(maxsize=8)
def _fitted(
    shape: tuple[int, ...],
    levels: bytes,
    keys: bytes,
    values_of: bytes,
    beside: bytes,
    products: bytes,
) -> Surface | None:
    every = Points(np.frombuffer(levels).reshape(shape), np.frombuffer(keys, dtype=np.int64))
    others, terms = (np.frombuffer(one).reshape(shape[0], -1) for one in (beside, products))
    return _fit(every, np.frombuffer(values_of), others, terms)


def _fit(
    points: Points, values: np.ndarray, beside: np.ndarray, products: np.ndarray
) -> Surface | None:
    recipes_of = np.unique(points.keys, return_inverse=True)[1]
    count = int(recipes_of.max(initial=-1)) + 1
    if count < _LEAST_RECIPES:
        return None
    many = beside.size and len(values) > _FEW_RECIPES
    shared = np.zeros((count, count))
    every = np.column_stack([beside, products])
    if many and len(values) - count >= _ENOUGH * every.shape[1]:
        # Of so many runs the recipes' means say all, with what the slopes within recipes leave.
        values, shared = adjusted(recipes_of, values, every)
        beside, products = beside[:, :0], products[:, :0]
    # Runs of one recipe are alike, and their mean says all, unless they differ in something else.
    alike = np.arange(len(values)) if beside.size else points.keys
    _, first, of = np.unique(alike, return_index=True, return_inverse=True)
    counts = np.bincount(of)
    means = np.bincount(of, values) / counts
    within, dof = float(np.sum((values - means[of]) ** 2)), len(values) - len(first)
    noise = np.diag(1 / counts) + (0 if beside.size else shared)
    order = np.random.default_rng(0).permutation(len(first))
    kept = np.sort(order[:_MOST_RECIPES])
    means, noise, recipes = means[kept], noise[np.ix_(kept, kept)], points[first[kept]]
    if not np.var(means) > 0:
        return None
    kernels = np.concatenate([_kernels(recipes, recipes), [noise]])
    if products.size:
        terms = products[first[kept]]
        kernels = np.concatenate([kernels, [terms @ terms.T / terms.shape[1]]])
    fixed = np.column_stack([np.ones(len(kept)), _beside_constant(beside[first[kept]])])
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
        recipes, variances, doubt, shifts, rises[0], inverse, weights, uncertainty, centred,
        constant=float(effects[0]),
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


def _beside_constant(columns: np.ndarray) -> np.ndarray:
    """Independent columns of the same space, at their means where they add up to a constant.

    Those of parameters that only some runs were asked for may, and then no run tells the constant.
    """
    found = independent(columns)[0]
    ones = np.ones(len(columns))
    if np.mean((ones - found @ (found.T @ ones)) ** 2) > _LEAST_LACKING:
        return found
    return independent(columns - columns.mean(axis=0))[0]


def _kernels(points: Points, others: Points) -> np.ndarray:
    """Correlations (3, points, others) by techniques, by pairs, and of the recipes themselves.

    Half of a recipe's own term is shared by the same techniques with other dials.
    """
    techniques = points.levels.shape[1]
    products = points.levels @ others.levels.T
    pairs = (products**2 - techniques) / max(techniques * (techniques - 1), 1)
    same = points.keys[:, np.newaxis] == others.keys
    own = ((products == techniques) + same.astype(float)) / 2
    return np.array([products / max(techniques, 1), pairs, own])


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
