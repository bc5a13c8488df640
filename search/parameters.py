"""What may vary in a study beside its techniques: factors of levels, dials and other numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from search.settings import Settings


@dataclass(frozen=True)
class SearchedDial:
    """A number that the search turned where its technique was on."""

    name: str
    """The parameter, `TECHNIQUE_DIAL`."""
    low: float
    high: float
    log: bool


_ROUNDING = 1e-14
"""Of sums of steps, as a share of the largest level."""


@dataclass(frozen=True)
class Category:
    """A foreign study's parameter of several levels: choices, or a few integers."""

    name: str
    levels: tuple[Any, ...]
    """In the order of its distribution."""
    number: bool = False
    """True where other values than the levels may be tried: of these each is near one."""

    def place(self, value: Any) -> int:
        """The place of a value among the levels; −1 where it is none of them.

        A number's place is that of the level to which it has the least ratio.
        """
        if self.number and isinstance(value, (int, float)) and value > 0:
            apart = [abs(math.log(value / level)) for level in self.levels]
            return apart.index(min(apart))
        for alike in (_equal, self._nearly):
            for at, one in enumerate(self.levels):
                if alike(one, value):
                    return at
        return -1

    @property
    def ordered(self) -> list[int]:
        """The places of its levels, by size if all are numbers."""
        places = range(len(self.levels))
        if all(isinstance(one, (int, float)) for one in self.levels):
            return sorted(places, key=self.levels.__getitem__)
        return [*places]

    def _nearly(self, one: Any, other: Any) -> bool:
        """True of floats that differ by rounding, as 0.3 and the third step of 0.1.

        Beside zero, by the rounding of the largest level: the third step of 0.1 from -0.3 is 6e-17.
        """
        if not (isinstance(one, float) and isinstance(other, float)):
            return False
        if 0 not in (one, other):
            return math.isclose(one, other)
        largest = max(abs(level) for level in self.levels if isinstance(level, float))
        return abs(one - other) < _ROUNDING * largest

    def columns(self, params: Sequence[Mapping[str, Any]]) -> list[list[float]]:
        """Columns, one a level, by the runs' parameters: 1 where a run has it, else 0."""
        at = [self.place(one[self.name]) if self.name in one else -1 for one in params]
        return [[float(place == level) for place in at] for level in range(len(self.levels))]

    def places(self, params: Iterable[Mapping[str, Any]]) -> set[int]:
        """The places of the levels that some runs have, by their parameters."""
        return {self.place(one[self.name]) for one in params if self.name in one} - {-1}


class Draw(Category):
    """A category of draws, as of five seeds or folds: what a trial happened to have, and no
    recipe can choose. The effects are adjusted for it, and it has none of its own."""


def _equal(one: Any, other: Any) -> bool:
    """True of equal values; a bool equals no number."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def categories(settings: Settings) -> tuple[Category, ...]:
    """The factors of several levels of a study."""
    turned = {one.dial.name for one in settings.dials}
    return tuple(Category(one.name, one.labels, one.name in turned) for one in settings.several)


def level_name(name: str, level: Any) -> str:
    """Name a level of a category among what is on in a run."""
    return f"{name}={level}"


def level_label(level: object) -> str:
    """Write a level; a number as briefly as it can be."""
    return f"{level:g}" if isinstance(level, float) else str(level)


def levels_on(params: Mapping[str, Any], several: Iterable[Category]) -> frozenset[str]:
    """Name the levels other than the first that a run with these parameters has."""
    return frozenset(
        level_name(one.name, one.levels[place])
        for one in several
        if (place := one.place(params.get(one.name))) > 0
    )


@dataclass(frozen=True)
class Number:
    """A foreign study's parameter of many values."""

    name: str
    low: float
    """Ends of its distribution."""
    high: float
    log: bool = False
    """True where the study chose it on a logarithmic scale."""

    @property
    def middle(self) -> float:
        """The middle of its distribution, scaled."""
        return (self.scaled(self.low) + self.scaled(self.high)) / 2

    @property
    def variance(self) -> float:
        """The variance of its distribution, scaled."""
        return (self.scaled(self.high) - self.scaled(self.low)) ** 2 / 12

    def columns(self, params: Sequence[Mapping[str, Any]]) -> list[list[float]]:
        """Columns of its scaled value and the square, by the runs' parameters; 0 without it."""
        values = [self.scaled(one.get(self.name)) - self.middle for one in params]
        line = [0.0 if math.isnan(value) else value for value in values]
        return [line, [value**2 for value in line]]

    def scaled(self, value: Any) -> float:
        """A value on the parameter's scale; NaN of what is no number, or not positive there."""
        if not isinstance(value, int | float) or (self.log and value <= 0):
            return math.nan
        return math.log(value) if self.log else float(value)


@dataclass(frozen=True)
class Order(Number):
    """A trial's place in its study, which is no parameter, but may explain its value like one."""

    since: int | None = None
    """The first trial after a sudden change; None where the place itself counts."""

    @staticmethod
    def at_change(since: int, numbers: Sequence[int]) -> Order:
        """The step from the trials, by number, before a change to those after it."""
        return Order(f"the change at trial {since:,}", min(numbers), max(numbers), since=since)

    def of(self, trial: int) -> float:
        """The value of a trial, by its number: 0 before a change, and 1 after it."""
        return float(trial if self.since is None else trial >= self.since)


@dataclass(frozen=True)
class Conditional:
    """A technique or category that not all of a study's complete trials were asked for."""

    parameter: str
    levels: bool
    """True of a category."""
    asked: int
    """Complete trials that have it."""
    trials: int
    """Complete trials."""


@dataclass(frozen=True)
class Strayed:
    """A parameter that trials of an enqueued design were not asked for, or had other values of."""

    parameter: str
    values: tuple[Any, ...]
    """Those that the design gives it."""
    others: int
    """Complete trials of the design with another value; 0 where none was asked for it."""
    trials: int
    """Complete trials of the design."""


class TechniqueParameter(NamedTuple):
    """A technique of a study, by its parameter of two choices."""

    name: str
    parameter: str
    on: Any
    """The value of the parameter with which it is on."""
    off: Any


@dataclass(frozen=True)
class Tied:
    """Techniques that no complete trial of another program tells apart, taken as one."""

    name: str
    """Its name as one technique: `a with b instead of c`."""
    together: tuple[str, ...]
    """Those that are on where it is."""
    opposite: tuple[str, ...]
    """Those that are off where it is, and on where it is off."""
