"""Columns of a foreign study's other parameters, beside the techniques that are on or off.

Each level of a category gets an effect against the category's first level, among the trials that
were asked for it. The effects are adjusted for numbers, as learning rates, and for draws, as seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

import numpy as np

from search.analysis.least_squares import pseudo_inverse, rank
from search.parameters import Category, Draw, Number, Order
from search.results import Run

Pair = tuple[str, str]

_SAFE_DEGREE, _HIGHEST_DEGREE = 4, 8
"""Of a lower one than the highest, what a sampler tries at the good values is credited with a kink
or a cliff that the curve rounds off. Above the safe one curves must not follow single runs."""

_MOST_OWN = 0.25
"""Leverage of a run on curves of more than the safe degree, a mean weighted by leverage. A sampler
that learns leaves few runs elsewhere than at the good values; more curves would fit each of these,
and with them the techniques that it turned on, or off, there alone."""

_MOST_VARIANCE = 2.0
"""Of a mean at the middle of a parameter's distribution, beside that at the values' own mean."""

_FEW_VALUES = 3
"""Of a number, that tell no curve."""

BENDS = 2
"""Columns of a number that other parameters may change: where it is best, and how sharply."""

_LEAST_LENGTH = 1e-6
"""Of a column, beside those before it, for it to say anything more."""


@dataclass(frozen=True)
class Level:
    """A level of a category, compared with the category's reference level."""

    parameter: str
    reference: Any
    """The first level that the runs have."""
    level: Any

    @property
    def name(self) -> str:
        """Its name in tables: `optimizer: sgd → adam`."""
        return f"{self.parameter}: {_text(self.reference, self.level)}"

    @property
    def phrase(self) -> str:
        """Its name in a sentence: `optimizer sgd → adam`."""
        return f"{self.parameter} {_text(self.reference, self.level)}"


@dataclass(frozen=True, eq=False)
class Polynomial:
    """A number's columns: orthogonal polynomials of the values that the runs have."""

    number: Number
    columns: np.ndarray
    """(runs, n): each of length √runs and with a mean of 0; fewer where the values are few."""
    low: float
    """The least scaled value of the runs."""
    high: float
    weights: np.ndarray
    """(1 + n, n): of the Legendre polynomials of a value between the two, for the columns."""

    @staticmethod
    def of(runs: Sequence[Run], number: Number, degree: int) -> Polynomial:
        """Make the columns of a number that every run has, and of which some differ."""
        values = _values(runs, number)
        low, high = float(values.min()), float(values.max())
        basis, weights = np.linalg.qr(_legendre(values, low, high, degree))
        # Of few values the columns from some one on say nothing more.
        small = np.abs(np.diag(weights)) <= _LEAST_LENGTH
        kept = int(np.argmax(small)) if small.any() else degree + 1
        scale = math.sqrt(len(values))
        inverse = np.linalg.inv(weights[:kept, :kept])
        return Polynomial(
            number, scale * basis[:, 1:kept], low, high, np.asarray(scale * inverse[:, 1:])
        )

    @property
    def bends(self) -> np.ndarray:
        """(runs, 2): a line and a square, or the line alone."""
        return self.columns[:, :BENDS]

    def at(self, values: np.ndarray) -> np.ndarray:
        """The columns, (values, n), at other scaled values."""
        degree = self.weights.shape[1]
        return np.asarray(_legendre(values, self.low, self.high, degree) @ self.weights)


@dataclass(frozen=True, eq=False)
class Covariates:
    """Columns of a model for other parameters than the techniques, and what they stand for."""

    levels: tuple[Level, ...] = ()
    """Those that have a column, which come first: 1 at the level and 0 elsewhere, centred, and 0 in
    runs that were not asked."""
    columns: np.ndarray | None = None
    """(runs, levels and others); None without any."""
    polynomials: tuple[Polynomial, ...] = ()
    """Of the numbers."""
    first_of_polynomials: int = 0
    """The place of their first column among the columns."""
    degree: int = 0
    """Of these polynomials; 0 without any."""
    draws: tuple[str, ...] = ()
    """Seeds, folds and the like whose levels have columns, and no effects."""
    partial: tuple[str, ...] = ()
    """Parameters that only some trials were asked for, and that are in as far as these differ."""
    at_tried: tuple[str, ...] = ()
    """Those of them beside which other effects are at the mean of what was tried, and not of what
    could be."""
    unseen: tuple[Level, ...] = ()
    """Levels of the same categories that no run has."""
    constant: tuple[str, ...] = ()
    """Categories of which the runs have one level."""
    noise: tuple[str, ...] = ()
    """Parameters that vary, but whose spread counts as noise, as the runs are too few."""

    def products(self, techniques: Mapping[str, np.ndarray]) -> dict[Pair, np.ndarray]:
        """Multiply the columns of each two parameters, and of each with the techniques, (runs,).

        Of a number these are its line and its square, and of two numbers their lines. What not
        every run was asked for is in none, and neither are draws and the order of the trials. Each
        product is (runs, n), and a number comes last in its pair.
        """
        if self.columns is None:
            return {}
        sides = {name: signs[:, np.newaxis] for name, signs in techniques.items()}
        bends = {name: one.bends for name, one in self.of_numbers.items()}
        lines = {name: one[:, :1] for name, one in bends.items()}
        pairs = [
            *product(sides.items(), (self.of_levels | bends).items()),
            *combinations(self.of_levels.items(), 2),
            *product(self.of_levels.items(), bends.items()),
            *combinations(lines.items(), 2),
        ]
        return {(a, b): multiplied(one, other) for (a, one), (b, other) in pairs}

    @property
    def of_numbers(self) -> dict[str, Polynomial]:
        """The polynomials, without the order of the trials."""
        return {one.number.name: one for one in self.polynomials
                if not isinstance(one.number, Order)}  # fmt: skip

    def place_of(self, polynomial: Polynomial) -> slice:
        """Find the columns of one of the polynomials."""
        before = self.polynomials[: self.polynomials.index(polynomial)]
        first = self.first_of_polynomials + sum(one.columns.shape[1] for one in before)
        return slice(first, first + polynomial.columns.shape[1])

    @property
    def of_levels(self) -> dict[str, np.ndarray]:
        """The columns, (runs, levels), of each category that every run was asked for.

        They are twice as large, as two levels are as far apart as on and off.
        """
        if self.columns is None:
            return {}
        of = np.array([level.parameter for level in self.levels])
        every = 2 * self.columns[:, : len(of)]
        return {name: every[:, of == name] for name in self.categories}

    @property
    def numbers(self) -> tuple[str, ...]:
        """Parameters that are in as polynomials."""
        return tuple(one.number.name for one in self.polynomials)

    @property
    def levelled(self) -> tuple[str, ...]:
        """Parameters whose levels have columns."""
        return tuple(dict.fromkeys(level.parameter for level in self.levels))

    @property
    def categories(self) -> tuple[str, ...]:
        """The parameters of `levelled` that every run was asked for."""
        return tuple(name for name in self.levelled if name not in self.partial)


NONE = Covariates()


def covariates(
    runs: Sequence[Run], techniques: int, parameters: Sequence[Category | Number]
) -> Covariates:
    """Make the columns that so many runs can carry beside a number of techniques.

    What is in and what is not depends on the numbers of runs and columns alone, and never on the
    values, by which a choice would make the intervals too narrow. Categories come first, those of
    the fewest levels before others, as long as they take no more than half of the degrees of
    freedom. Numbers are polynomials of one degree d, on a log scale where their distribution is,
    with 1/(d + 1) of the rest at most, and of a lower degree where they would follow single runs.
    Of a parameter that only some trials were asked for, the differences among these are columns,
    where half of the rest suffices. Other effects then are means over its distribution where the
    trials surround its middle, and else those at the mean of what they have.
    """
    if not runs or not parameters:
        return NONE
    categories: list[_Levels] = []
    numbers: list[Number] = []
    partial: list[_Partial] = []
    for one in parameters:
        asked = np.array([_asked(run, one) for run in runs])
        if not asked.all():
            partial.append(_Partial.of(runs, one, asked, parameters))
        elif isinstance(one, Category):
            categories.append(_Levels.of(runs, one))
        else:
            numbers.append(one)
    left = len(runs) - 1 - techniques
    constant = [one.category.name for one in categories if not one.levels and not one.drawn]
    categories = [one for one in categories if one.levels]
    fitted = _affordable(categories, left // 2)
    left -= sum(len(one.levels) for one in fitted)
    noise = [one.category.name for one in categories if one not in fitted and not one.drawn]
    chosen, drawn = ([one for one in fitted if one.drawn is draw] for draw in (False, True))
    varied = [one for one in numbers if np.ptp(_values(runs, one))]
    degree, smooth = _smooth(runs, varied, left)
    left -= sum(one.columns.shape[1] for one in smooth)
    if not degree:
        noise += [one.name for one in varied]
    vary = [one for one in partial if one.columns.any()]
    usable = _usable(vary, left // 2)
    kept = {one.name for one in usable}
    noise += [one.name for one in vary if one.name not in kept]
    levelled = [one for one in usable if one.levels]
    before = [
        *(one.columns for one in chosen),
        *(one.columns for one in levelled),
        *(one.columns for one in drawn),
    ]
    blocks = [
        *before,
        *(one.columns for one in smooth),
        *(one.columns for one in usable if not one.levels),
    ]
    return Covariates(
        levels=(
            *(level for one in chosen for level in one.levels),
            *(level for one in levelled for level in one.levels),
        ),
        columns=np.column_stack(blocks) if blocks else None,
        polynomials=tuple(smooth),
        first_of_polynomials=sum(columns.shape[1] for columns in before),
        degree=degree,
        draws=tuple(one.category.name for one in drawn),
        partial=tuple(one.name for one in usable),
        at_tried=tuple(one.name for one in usable if one.at_tried),
        unseen=tuple(level for one in chosen for level in one.unseen),
        constant=tuple(constant),
        noise=tuple(noise),
    )


@dataclass(frozen=True, eq=False)
class _Levels:
    """A category that every run has, with a column for each level but the first."""

    category: Category
    levels: tuple[Level, ...]
    unseen: tuple[Level, ...]
    columns: np.ndarray

    @property
    def drawn(self) -> bool:
        return isinstance(self.category, Draw)

    @staticmethod
    def of(runs: Sequence[Run], category: Category) -> _Levels:
        at = np.array([category.place(run.params[category.name]) for run in runs])
        seen = sorted(set(at))
        first = category.levels[seen[0]]
        named = [Level(category.name, first, level) for level in category.levels]
        return _Levels(
            category,
            tuple(named[place] for place in seen[1:]),
            tuple(named[place] for place in range(len(named)) if place not in seen),
            _indicators(at, seen[1:]),
        )


def _affordable(categories: Sequence[_Levels], room: int) -> list[_Levels]:
    """The categories whose levels fit into the room: those of the fewest first, and draws last."""
    kept = set()
    for one in sorted(categories, key=lambda one: (one.drawn, len(one.levels))):
        if len(one.levels) <= room:
            kept.add(one.category.name)
            room -= len(one.levels)
    return [one for one in categories if one.category.name in kept]


def _degree(numbers: int, left: int) -> int:
    """The highest degree d at which so many polynomials take at most 1/(d + 1) of what is left."""
    allowed = [d for d in range(1, _HIGHEST_DEGREE + 1) if d * (d + 1) * numbers <= left]
    return max(allowed, default=0) if numbers else 0


def _smooth(
    runs: Sequence[Run], numbers: Sequence[Number], left: int
) -> tuple[int, list[Polynomial]]:
    """The polynomials of the highest degree that can be afforded and follows no single runs."""
    degree = _degree(len(numbers), left)
    curves = _polynomials(runs, numbers, degree)
    while degree > _SAFE_DEGREE and _own(curves) > _MOST_OWN:
        degree -= 1
        curves = _polynomials(runs, numbers, degree)
    return degree, curves


def _asked(run: Run, parameter: Category | Number) -> bool:
    if isinstance(parameter, Order):
        return True
    value = run.params.get(parameter.name)
    if isinstance(parameter, Category):
        return parameter.name in run.params and parameter.place(value) >= 0
    return parameter.name in run.params and math.isfinite(parameter.scaled(value))


@dataclass(frozen=True, eq=False)
class _Partial:
    """A parameter that only some runs were asked for."""

    name: str
    asked: np.ndarray
    """(runs,): True of these."""
    columns: np.ndarray
    """(runs, n): 0 in the runs that were not asked. In the others they are 0 in the mean over a
    number's distribution, and sum to 0 over the levels of a category."""
    levels: tuple[Level, ...]
    """Of a category's columns; none of a draw or a number."""
    since_change: bool
    """True where all runs before a change were asked, or all after it, and that is a parameter."""
    number: bool = False
    """True of a number, whose columns are a line and a square."""
    at_tried: bool = False
    """True where the columns are 0 at the mean of the runs that were asked."""

    @property
    def straight(self) -> _Partial:
        """The same with a number's straight line alone."""
        return replace(self, columns=self.columns[:, :1]) if self.number else self

    @property
    def centred(self) -> _Partial:
        """The same with 0 at the mean of the runs that were asked."""
        columns = np.where(
            self.asked[:, np.newaxis], self.columns - self.columns[self.asked].mean(axis=0), 0
        )
        return replace(self, columns=columns, at_tried=True)

    @staticmethod
    def of(
        runs: Sequence[Run],
        parameter: Category | Number,
        asked: np.ndarray,
        parameters: Sequence[Category | Number],
    ) -> _Partial:
        some = [run for run, one in zip(runs, asked, strict=True) if one]
        inside: np.ndarray = np.empty((len(some), 0))
        levels: tuple[Level, ...] = ()
        if some and isinstance(parameter, Category):
            found = _Levels.of(some, parameter)
            inside = (found.columns > 0) - 1 / (1 + len(found.levels))
            levels = () if found.drawn else found.levels
        elif some and isinstance(parameter, Number):
            values = _values(some, parameter)
            if width := np.ptp(values):
                line = (values - parameter.middle) / width
                curve = line**2 - parameter.variance / width**2
                several = len(np.unique(values)) > _FEW_VALUES
                inside = np.column_stack([line, curve] if several else [line])
        columns = np.zeros((len(runs), inside.shape[1]))
        columns[asked] = inside
        changes = [_values(runs, one) > 0 for one in parameters
                   if isinstance(one, Order) and one.since is not None]  # fmt: skip
        since_change = any((asked == one).all() or (asked != one).all() for one in changes)
        number = isinstance(parameter, Number)
        return _Partial(parameter.name, asked, columns, levels, since_change, number)


def _usable(partial: Sequence[_Partial], room: int) -> list[_Partial]:
    """Choose parameters whose columns leave the trials asked for each enough to tell its mean.

    Where they would not, as a sampler that learns seldom tried one side, they are centred, alone or
    all together. Those that most were asked for come first. All columns together take no more than
    half of the degrees of freedom among the runs that were asked for one: else as many parameters
    as such runs would explain every one of them, and with them the technique or level by which they
    were asked. Numbers are straight lines until all are chosen, and then curves where that still
    holds. None are chosen where there is no room for them all.
    """
    usable: list[_Partial] = []
    for one in sorted(partial, key=lambda one: -one.asked.sum()):
        line = one.straight
        centred = [*(other.centred for other in usable), line.centred]
        for tried in ([*usable, line], [*usable, line.centred], centred):
            if _tell(tried, one):
                usable = tried
                break
    if _taken(usable) > room:
        return []
    curves = {one.name: one for one in partial if one.number}
    for at, one in enumerate(usable):
        if curve := curves.get(one.name):
            for form in (curve.centred,) if one.at_tried else (curve, curve.centred):
                tried = [*usable[:at], form, *usable[at + 1 :]]
                if _taken(tried) <= room and all(_tell(tried, each) for each in tried):
                    usable = tried
                    break
    by_name = {one.name: one for one in usable}
    return [by_name[one.name] for one in partial if one.name in by_name]


def _taken(partial: Sequence[_Partial]) -> int:
    return sum(one.columns.shape[1] for one in partial)


def _tell(partial: Sequence[_Partial], one: _Partial) -> bool:
    """Check that the runs asked for one parameter tell its mean beside what all explain of them."""
    among = np.column_stack([other.columns for other in partial])[one.asked]
    taken = rank(np.column_stack([np.ones(len(among)), among]))
    told = one.since_change or _surround(among[:, among.any(axis=0)])
    return 2 * taken <= len(among) and told


def _surround(columns: np.ndarray) -> bool:
    """Check that the runs asked, (runs, n), tell their mean where the columns are 0."""
    inverse = pseudo_inverse(np.column_stack([np.ones(len(columns)), columns]))
    return float(len(columns) * inverse[0] @ inverse[0]) <= _MOST_VARIANCE


def _values(runs: Sequence[Run], number: Number) -> np.ndarray:
    if isinstance(number, Order):
        return np.array([number.of(run.number) for run in runs])
    return np.array([number.scaled(run.params[number.name]) for run in runs])


def multiplied(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Multiply each of n columns with each of m others, (..., n m)."""
    each = one[..., :, np.newaxis] * other[..., np.newaxis, :]
    return np.asarray(each.reshape(*each.shape[:-2], -1))


def _indicators(at: np.ndarray, places: Sequence[int]) -> np.ndarray:
    columns = (at[:, np.newaxis] == np.array(places, dtype=int)).astype(float)
    return np.asarray(columns - columns.mean(axis=0))


def _polynomials(runs: Sequence[Run], numbers: Sequence[Number], degree: int) -> list[Polynomial]:
    return [Polynomial.of(runs, one, degree) for one in numbers] if degree else []


def _own(curves: Sequence[Polynomial]) -> float:
    """The mean leverage of runs on curves, where each run counts by its own."""
    basis, _ = np.linalg.qr(np.column_stack([one.columns for one in curves]))
    leverages = np.sum(basis**2, axis=1)
    return float(np.sum(leverages**2) / np.sum(leverages))


def _legendre(values: np.ndarray, low: float, high: float, degree: int) -> np.ndarray:
    """Legendre polynomials, (values, 1 + degree), of values between two ends."""
    return np.polynomial.legendre.legvander(2 * (values - low) / (high - low) - 1, degree)


def _text(reference: Any, level: Any) -> str:
    words = str(reference), str(level)
    if words[0] == words[1]:
        words = repr(reference), repr(level)
    return " → ".join(words)
