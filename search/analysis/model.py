"""The pairwise model of a two-level experiment.

A run's value is a constant, plus or minus a coefficient for each technique, plus or minus one for
each pair. The pseudo-inverse of its columns shows which terms the runs cannot separate. Of another
program's study, what else the trials differ in may interact with each other and the techniques.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from search.analysis.covariates import (
    NONE,
    Covariates,
    Level,
    Pair,
    Polynomial,
    covariates,
)
from search.analysis.least_squares import pseudo_inverse, rank, residual_dof
from search.parameters import Category, Number
from search.planning.design import pair_columns
from search.results import Run

ENOUGH_DOF = 5
"""Degrees of freedom from which the residuals alone give each run's variance."""

_LEAST_DOF = 4
"""With fewer, repeated runs included, the pairwise terms leave too few to estimate the noise."""

_TOLERANCE = 1e-6

_SELDOM = 0.25
"""Share of the runs; of a balanced design a technique is on, and off, in half of them."""

_MOSTLY_SEEN = 0.75
"""Share of an effect that the runs must see, for its interval to hold what they do not see."""


@dataclass(frozen=True)
class Alias:
    """Pairs whose columns are equal, up to their signs, in every run: only their sum can be
    estimated."""

    pairs: tuple[Pair, ...]
    signs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Model:
    """The terms that some runs can estimate: a constant, the techniques, and pairs where possible.

    The columns are 1, each technique as ±1, the groups of pairs, and the covariates, in this order.
    """

    techniques: tuple[str, ...]
    columns: np.ndarray
    """(runs, terms)."""
    inverse: np.ndarray
    """(terms, runs): the pseudo-inverse of the columns."""
    groups: tuple[Alias, ...]
    """All pairs, those with equal columns together, whether or not the model has their terms."""
    pairs: bool
    """True where the groups are terms of the model; else interactions count as noise."""
    dof: int
    """Degrees of freedom of the residuals."""
    random_pairs: bool = False
    """True where effects are estimated beside pairs as random terms, and not all at once."""
    covariates: Covariates = NONE
    products: Mapping[Pair, np.ndarray] = field(default_factory=dict)
    """Of each two covariates, and of each with a technique, by their names, (runs, n): random terms
    beside the pairs."""

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels of other parameters that have effects."""
        return self.covariates.levels

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all that has an effect: the techniques, then the levels."""
        return (*self.techniques, *(level.name for level in self.levels))

    @property
    def signs(self) -> np.ndarray:
        """(runs, techniques): 1 where a technique is on, -1 where it is off."""
        return self.columns[:, 1 : 1 + len(self.techniques)]

    @property
    def seldom(self) -> tuple[np.ndarray, ...]:
        """Masks, (runs,), of the runs with a technique on, or off, where these are few."""
        shares = np.mean(self.signs > 0, axis=0)
        few = np.flatnonzero(np.minimum(shares, 1 - shares) < _SELDOM)
        return tuple(self.signs[:, at] == (1 if shares[at] < 0.5 else -1) for at in few)

    @property
    def noisier(self) -> tuple[np.ndarray, ...]:
        """Masks of the runs, (runs,), any of which may be noisier than the rest: those of a
        technique that is seldom on, or off, and those of each level."""
        first = self._first_covariate
        at = self.columns[:, first : first + len(self.levels)] > 0
        parameters = np.array([level.parameter for level in self.levels])
        rest = [~at[:, parameters == one].any(axis=1) for one in self.covariates.categories]
        return (*self.seldom, *(mask for mask in (*at.T, *rest) if 0 < np.mean(mask) < 0.5))

    @cached_property
    def room(self) -> np.ndarray:
        """The share of its noise that a run's residual keeps, (runs,): one less its leverage."""
        return np.asarray(1 - np.einsum("ij,ji->i", self.columns, self.inverse))

    @cached_property
    def pairs_estimable(self) -> bool:
        """True where the interaction of every pair can be estimated apart from all others."""
        first = 1 + len(self.techniques)
        return self.pairs and all(
            len(group.pairs) == 1 and self.estimable(self.unit(first + position))
            for position, group in enumerate(self.groups)
        )

    @cached_property
    def estimable_names(self) -> tuple[str, ...]:
        """The `names` whose effect can be estimated."""
        return tuple(one for one in self.names if self.estimable(self.technique_contrast(one)))

    @property
    def every_effect(self) -> bool:
        """True where each effect can be estimated."""
        return self.estimable_names == self.names

    def estimable(self, contrast: np.ndarray) -> bool:
        """Check that the runs determine a combination of the coefficients, (terms,)."""
        return bool(np.all(np.abs(contrast @ self._determined - contrast) < _TOLERANCE))

    def technique_contrast(self, name: str) -> np.ndarray:
        """Weights, (terms,), that make an effect of the coefficients: a technique's from −1, off,
        to +1, on, or a level's, from its reference."""
        at = self.names.index(name)
        if at < len(self.techniques):
            return 2 * self.unit(1 + at)
        return self.unit(self._first_covariate + at - len(self.techniques))

    def group_contrast(self, position: int) -> np.ndarray:
        """Weights, (terms,), that make a group's interaction of the coefficients: the change of one
        technique's step when the other is turned on."""
        return 4 * self.unit(1 + len(self.techniques) + position)

    def prediction(self, on: Collection[str]) -> np.ndarray:
        """Weights, (terms,), that make a recipe's value of the coefficients.

        Covariates are at their mean. NaN where aliased pairs have different signs.
        """
        side = {name: 1 if name in on else -1 for name in self.techniques}
        pairs = []
        for group in self.groups if self.pairs else ():
            products = {
                side[a] * side[b] * sign
                for (a, b), sign in zip(group.pairs, group.signs, strict=True)
            }
            pairs.append(products.pop() if len(products) == 1 else math.nan)
        weights = np.array([1, *side.values(), *pairs], dtype=float)
        return np.append(weights, np.zeros(self.columns.shape[1] - len(weights)))

    def along(self, polynomial: Polynomial, values: np.ndarray) -> np.ndarray:
        """Weights, (values, terms), that make what a number is worth at scaled values of it,
        beside its mean over the runs."""
        weights = np.zeros((len(values), self.columns.shape[1]))
        weights[:, self._terms_of(polynomial)] = polynomial.at(values)
        return weights

    def without(self, polynomial: Polynomial) -> np.ndarray:
        """(runs, n): the columns without the pairs and those of a number."""
        left_out = np.arange(self.columns.shape[1])[self._terms_of(polynomial)]
        return self.columns[:, np.setdiff1d(self.fixed, left_out)]

    def _terms_of(self, polynomial: Polynomial) -> slice:
        place, first = self.covariates.place_of(polynomial), self._first_covariate
        return slice(first + place.start, first + place.stop)

    @property
    def main(self) -> np.ndarray:
        """(runs, n): the columns without the pairs."""
        return self.columns[:, self.fixed]

    @property
    def random(self) -> np.ndarray:
        """(runs, n): the columns of the pairs, on the scale on which all pairs spread alike, then
        the products.

        The interaction of a group is a sum of as many as it has pairs.
        """
        columns = np.delete(self.columns, self.fixed, axis=1)
        pairs = columns * np.sqrt([len(group.pairs) for group in self.groups])
        return np.column_stack([pairs, *self.products.values()])

    @property
    def fixed(self) -> np.ndarray:
        """Places of the terms that are not pairs."""
        pairs = slice(1 + len(self.techniques), self._first_covariate)
        return np.delete(np.arange(self.columns.shape[1]), pairs)

    def adjustment(self, coefficients: np.ndarray) -> np.ndarray:
        """The covariates' part, (runs, responses), in the fitted values."""
        first = self._first_covariate
        return np.asarray(self.columns[:, first:] @ coefficients[first:])

    @property
    def _first_covariate(self) -> int:
        return 1 + len(self.techniques) + len(self.groups) * self.pairs

    @cached_property
    def _determined(self) -> np.ndarray:
        """(terms, terms): the projection on the estimable combinations of coefficients."""
        determined = np.asarray(self.inverse @ self.columns)
        if self.random_pairs:
            alone = pseudo_inverse(self.main) @ self.main
            if alone[0, 0] > 1 - _TOLERANCE:  # else the techniques share the constant
                seen = np.flatnonzero(np.diag(alone) >= _MOSTLY_SEEN)
                alone[seen] = np.eye(len(alone))[seen]
            determined[self.fixed] = 0
            determined[np.ix_(self.fixed, self.fixed)] = alone
        return determined

    def unit(self, term: int) -> np.ndarray:
        """(terms,): the contrast that is one term's coefficient."""
        unit = np.zeros(self.columns.shape[1])
        unit[term] = 1
        return unit


def signs(runs: Sequence[Run], techniques: Sequence[str]) -> np.ndarray:
    """(runs, techniques): 1.0 where a technique is on, −1.0 where it is off."""
    return np.array([[1.0 if t in run.on else -1.0 for t in techniques] for run in runs]).reshape(
        len(runs), len(techniques)
    )


def varied(runs: Sequence[Run], techniques: Sequence[str]) -> tuple[str, ...]:
    """Techniques that are on in some of the runs and off in others."""
    counts = {t: sum(t in run.on for run in runs) for t in techniques}
    return tuple(t for t in techniques if 0 < counts[t] < len(runs))


def build(
    runs: Sequence[Run],
    techniques: Sequence[str],
    dof_from_repeats: int = 0,
    others: Sequence[Category | Number] = (),
) -> Model | None:
    """Build the largest model that the runs can estimate, or None where no effect can be.

    `dof_from_repeats` are degrees of freedom of the noise from repeated runs, which are not among
    `runs`. The model has the pairs where each effect can be estimated beside them and enough
    degrees of freedom remain. Where runs are missing these are fewer than the terms, or the pairs
    share their columns in part, or would hide the noise of a technique that is seldom on, or off,
    the pairs are random terms (see `random_pairs`). They are random, too, beside `others`, which
    become its covariates, as are the products of these with each other and with the techniques: the
    learning rate matters most, and which one is good depends on the optimizer. Where all are
    balanced, the products enter no effect and are noise.
    """
    names = varied(runs, techniques)
    beside = covariates(runs, len(names), others)
    if not names and not beside.levels:
        return None
    main = np.column_stack([np.ones(len(runs)), signs(runs, names)])
    columns, groups = pair_groups(main[:, 1:], names)
    full = _model(names, [main, columns], groups, beside, pairs=True)
    room = full.dof >= ENOUGH_DOF or full.dof + dof_from_repeats >= _LEAST_DOF
    plain = _model(names, [main], groups, beside, pairs=False)
    sides = dict(zip(names, main.T[1:], strict=True))
    products = {} if _is_balanced([*sides.values()], beside) else beside.products(sides)
    mixed = replace(full, random_pairs=True, products=products)
    enough = plain.dof >= ENOUGH_DOF
    # Pairs would fit the few runs of a technique that is seldom on, or off, and hide their noise.
    hidden = enough and bool(plain.seldom)
    if beside.columns is None:
        regular = not groups or _is_orthogonal(full.columns)
        few = not full.every_effect or full.dof < full.columns.shape[1]
        if not regular and (few or hidden):
            return mixed if (plain.dof or plain.estimable_names) and mixed.estimable_names else None
    elif products or hidden or 2 * full.dof < plain.dof:
        whole = rank(plain.columns) == plain.columns.shape[1]
        if (groups or products) and enough and whole:
            return mixed
        room = False
    if full.every_effect and room and not hidden:
        return full
    return plain if plain.estimable_names else None


def of_numbers(runs: Sequence[Run], others: Sequence[Category | Number]) -> Model | None:
    """Build the model of a study without techniques; None where no number varies enough."""
    beside = covariates(runs, 0, others)
    if not beside.polynomials:
        return None
    alone = _model((), [np.ones((len(runs), 1))], (), beside, pairs=False)
    products = beside.products({})
    if not products or alone.dof < ENOUGH_DOF:
        return alone
    return replace(alone, pairs=True, random_pairs=True, products=products)


def _is_balanced(sides: Sequence[np.ndarray], beside: Covariates) -> bool:
    """Check that each technique, (runs,), and level is as often with each of all others, so that no
    interaction enters an effect."""
    if beside.polynomials or beside.partial:
        return False
    columns = [*(one[:, np.newaxis] for one in sides), *beside.of_levels.values()]
    return all(
        bool(np.all(np.abs(one.T @ other) < _TOLERANCE)) for one, other in combinations(columns, 2)
    )


def _is_orthogonal(columns: np.ndarray) -> bool:
    """Check that no column shares anything with another."""
    shared = columns.T @ columns
    return bool(np.all(np.abs(shared - np.diag(np.diag(shared))) < _TOLERANCE))


def _model(
    names: tuple[str, ...],
    parts: list[np.ndarray],
    groups: tuple[Alias, ...],
    beside: Covariates,
    *,
    pairs: bool,
) -> Model:
    columns = np.column_stack(parts if beside.columns is None else [*parts, beside.columns])
    return Model(
        names, columns, pseudo_inverse(columns), groups, pairs, residual_dof(columns),
        covariates=beside,
    )  # fmt: skip


def pair_groups(main: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, tuple[Alias, ...]]:
    """Find the distinct columns of the pairs, (runs, groups), and the pairs that share each."""
    products = pair_columns(main)
    by_column: dict[bytes, tuple[np.ndarray, list[Pair], list[int]]] = {}
    for pair, column in zip(combinations(names, 2), products.T, strict=True):
        sign = int(column[0])
        shared = by_column.setdefault((column * sign).tobytes(), (column * sign, [], []))
        shared[1].append(pair)
        shared[2].append(sign)
    columns = [column * signs[0] for column, _, signs in by_column.values()]
    aliases = tuple(
        Alias(tuple(pairs), tuple(sign * signs[0] for sign in signs))
        for _, pairs, signs in by_column.values()
    )
    return np.array(columns).reshape(len(columns), len(main)).T, aliases
