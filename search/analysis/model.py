"""The pairwise model of a two-level experiment, fitted by least squares.

A run's value is a constant, plus or minus a coefficient for each technique, plus or minus one for
each pair. Its pseudo-inverse fits whatever the runs can separate and says what they cannot.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from search.analysis.t_distribution import quantile
from search.planning.design import pair_columns
from search.results import Run

ENOUGH_FREEDOM = 5
"""Degrees of freedom from which the residuals alone say how far each run may lie off the fit."""

_LEAST_FREEDOM = 4
"""With fewer, repeats included, the pairwise terms leave too little to estimate the noise from."""

_TOLERANCE = 1e-6

_ROUNDING = 1e-12
"""Of the largest value: what is smaller is an error of arithmetic, and not of the runs."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Alias:
    """Pairs whose columns are equal, up to their signs, in every run: only their sum is seen."""

    pairs: tuple[Pair, ...]
    signs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Model:
    """What can be fitted to some runs: a constant, the techniques, and pairs where there is room.

    The columns are 1, each technique as ±1, and the groups of pairs, in this order.
    """

    techniques: tuple[str, ...]
    columns: np.ndarray
    """(runs, terms)."""
    inverse: np.ndarray
    """(terms, runs): the pseudo-inverse of the columns."""
    groups: tuple[Alias, ...]
    """All pairs in groups, whether or not the model has them."""
    pairs: bool
    """Whether the groups are terms of the model; else interactions count as noise."""
    clear: bool
    """Whether no interaction of two techniques can pass for an effect."""
    freedom: int
    """Degrees of freedom of the residuals."""

    @cached_property
    def lone_pairs(self) -> bool:
        """Whether every pair's interaction is estimable for itself."""
        first = 1 + len(self.techniques)
        return self.pairs and all(
            len(group.pairs) == 1 and self.estimable(self._unit(first + position))
            for position, group in enumerate(self.groups)
        )

    def estimable(self, contrast: np.ndarray) -> bool:
        """Whether the runs determine a combination of the coefficients."""
        return bool(np.all(np.abs(contrast @ self._determined - contrast) < _TOLERANCE))

    def technique_contrast(self, name: str) -> np.ndarray:
        """From coefficients to a technique's effect: from off, −1, to on, +1."""
        return 2 * self._unit(1 + self.techniques.index(name))

    def group_contrast(self, position: int) -> np.ndarray:
        """From coefficients to what the pairs of a group add to each other's steps."""
        return 4 * self._unit(1 + len(self.techniques) + position)

    def prediction(self, on: Collection[str]) -> np.ndarray:
        """From coefficients to the value of a recipe; NaN where aliased pairs would disagree."""
        side = {name: 1 if name in on else -1 for name in self.techniques}
        pairs = []
        for group in self.groups if self.pairs else ():
            products = {
                side[a] * side[b] * sign
                for (a, b), sign in zip(group.pairs, group.signs, strict=True)
            }
            pairs.append(products.pop() if len(products) == 1 else math.nan)
        return np.array([1, *side.values(), *pairs], dtype=float)

    @cached_property
    def _determined(self) -> np.ndarray:
        """(terms, terms): the projection on what the runs see of the coefficients."""
        return np.asarray(self.inverse @ self.columns)

    def _unit(self, term: int) -> np.ndarray:
        unit = np.zeros(self.columns.shape[1])
        unit[term] = 1
        return unit


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients of a model for one response or several, and how uncertain they are."""

    model: Model
    coefficients: np.ndarray
    """(terms, responses)."""
    variances: np.ndarray
    """(runs, responses): the noise's variance that each run stands for; NaN where none is known."""
    noise: np.ndarray
    """(responses,): standard deviation of one run around the fit."""
    freedom: int
    """Of the noise's estimate, all that it comes from included."""
    repeats: int
    """Of which so many come from repeated runs."""
    chance: int
    """And so many from the smaller interactions, which are taken for chance."""

    def estimate(self, contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A combination of the coefficients, and its standard error, each (responses,)."""
        weights = contrast @ self.model.inverse
        return contrast @ self.coefficients, np.sqrt(weights**2 @ self.variances)

    def covariance(self, contrasts: np.ndarray) -> np.ndarray:
        """Of several combinations of the first response's coefficients; (combinations, same)."""
        weights = contrasts @ self.model.inverse
        return np.asarray((weights * self.variances[:, 0]) @ weights.T)

    @property
    def half(self) -> float:
        """Half a 95 % interval in standard errors; NaN without freedom."""
        return quantile(self.freedom)


def levels(runs: Sequence[Run], techniques: Sequence[str]) -> np.ndarray:
    """(runs, techniques): 1.0 where a technique is on, −1.0 where it is off."""
    return np.array([[1.0 if t in run.on else -1.0 for t in techniques] for run in runs]).reshape(
        len(runs), len(techniques)
    )


def varied(runs: Sequence[Run], techniques: Sequence[str]) -> tuple[str, ...]:
    """The techniques that are on in some of the runs and off in others."""
    counts = {t: sum(t in run.on for run in runs) for t in techniques}
    return tuple(t for t in techniques if 0 < counts[t] < len(runs))


def build(runs: Sequence[Run], techniques: Sequence[str], repeats: int = 0) -> Model | None:
    """The richest model that some runs can carry, or None where they tell no technique apart.

    `repeats` are the degrees of freedom of the noise that repeated runs bring from elsewhere.
    The pairs are in where each technique stays estimable beside them and enough freedom remains.
    """
    names = varied(runs, techniques)
    if not names:
        return None
    main = np.column_stack([np.ones(len(runs)), levels(runs, names)])
    columns, groups = _groups(main[:, 1:], names)
    full = _model(names, np.column_stack([main, columns]), groups)
    room = full.freedom >= ENOUGH_FREEDOM or full.freedom + repeats >= _LEAST_FREEDOM
    if full.clear and room:
        return full
    plain = replace(_model(names, main, groups), pairs=False, clear=full.clear)
    if any(plain.estimable(plain.technique_contrast(name)) for name in names):
        return plain
    return None


def fit(model: Model, values: np.ndarray, repeated: Iterable[np.ndarray] = ()) -> Fit:
    """Fit `values`, (runs, responses), by least squares.

    With enough freedom the standard errors are HC2 (MacKinnon & White 1985): the classical ones in
    a balanced design, honest where runs are missing. With less, every run's noise is that of the
    residuals, of the `repeated` runs, arrays (repeats, responses), each of one recipe, and of the
    smaller interactions, pooled by their degrees of freedom: a few repeated recipes may be quieter
    than the rest, and interactions of three, which pass for effects, are in no repeat.
    """
    coefficients = model.inverse @ values
    residuals = values - model.columns @ coefficients
    rounding = _ROUNDING * np.max(np.abs(values), axis=0)
    coefficients = np.where(np.abs(coefficients) < rounding, 0, coefficients)
    residuals = np.where(np.all(np.abs(residuals) < rounding, axis=0), 0, residuals)
    squares = np.sum(residuals**2, axis=0)
    freedom, extra = model.freedom, 0
    if freedom >= ENOUGH_FREEDOM:
        leverage = np.einsum("ij,ji->i", model.columns, model.inverse)
        # A run with a leverage of one fits itself: its residual is zero and says nothing.
        kept = (1 - leverage > _TOLERANCE)[:, np.newaxis]
        variances = np.where(kept, residuals**2 / np.maximum(1 - leverage, 1e-9)[:, np.newaxis], 0)
        return Fit(model, coefficients, variances, np.sqrt(squares / freedom), freedom, 0, 0)
    for group in repeated:
        squares = squares + np.sum((group - group.mean(axis=0)) ** 2, axis=0)
        extra += len(group) - 1
    chance, least = _by_chance(model, coefficients)
    squares, total = squares + least * chance**2, freedom + extra + least
    noise = np.sqrt(squares / total) if total else squares * math.nan
    variances = np.broadcast_to(noise**2, values.shape)
    return Fit(model, coefficients, variances, noise, total, extra, least)


def _by_chance(model: Model, coefficients: np.ndarray) -> tuple[np.ndarray, int]:
    """A run's noise, (responses,), as the smaller interactions show it, and its freedom.

    Lenth's pseudo standard error, of a third as many degrees of freedom as there are contrasts
    (Lenth 1989, Technometrics 31): most interactions are taken to be none, and a few do no harm.
    """
    first = 1 + len(model.techniques)
    units = [model._unit(first + at) for at in range(len(model.groups)) if model.pairs]
    contrasts = [unit for unit in units if model.estimable(unit)]
    if len(contrasts) < 3:
        return np.zeros(coefficients.shape[1]), 0
    scale = np.linalg.norm(np.array(contrasts) @ model.inverse, axis=1)
    sizes = np.abs(np.array(contrasts) @ coefficients) / scale[:, np.newaxis]
    bound = 2.5 * 1.5 * np.median(sizes, axis=0)
    kept = np.where(sizes <= bound, sizes, math.nan)
    return 1.5 * np.nanmedian(kept, axis=0), len(contrasts) // 3


def _model(names: tuple[str, ...], columns: np.ndarray, groups: tuple[Alias, ...]) -> Model:
    inverse = np.linalg.pinv(columns, rcond=1e-9)
    freedom = len(columns) - int(np.linalg.matrix_rank(columns))
    model = Model(names, columns, inverse, groups, True, True, freedom)
    clear = all(model.estimable(model.technique_contrast(name)) for name in names)
    return replace(model, clear=clear)


def _groups(main: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, tuple[Alias, ...]]:
    """The distinct columns of the pairs, (runs, groups), and the pairs that share each."""
    products = pair_columns(main)
    found: dict[bytes, tuple[np.ndarray, list[Pair], list[int]]] = {}
    for pair, column in zip(combinations(names, 2), products.T, strict=True):
        sign = int(column[0])
        shared = found.setdefault((column * sign).tobytes(), (column * sign, [], []))
        shared[1].append(pair)
        shared[2].append(sign)
    columns = [column * signs[0] for column, _, signs in found.values()]
    aliases = tuple(
        Alias(tuple(pairs), tuple(sign * signs[0] for sign in signs))
        for _, pairs, signs in found.values()
    )
    return np.array(columns).reshape(len(columns), len(main)).T, aliases
