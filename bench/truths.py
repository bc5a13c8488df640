"""Truths to simulate studies from: what recipes are worth, and how their runs scatter.

Effects are those of the article's ladder, with sparse interactions. `KINDS` are the ways in which
a truth can be harder than that: recipes that fail together, unequal and heavy-tailed noise, runs
that diverge, ceilings, interactions of three techniques, log loss, and a machine that drifts. The
truth of a kind is computed over all recipes, so that it is known whatever the kind does.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import compress
from typing import Protocol

import numpy as np

from search.planning.run_order import run_order
from search.results import Run

ARTICLE = (13.21, 5.15, -1.53, 0.73, 0.0, 0.24, 0.26)
"""Points; the article's steps, with dropout's +0.02 as an effect of exactly none."""
MORE = (0.0, 0.5, -1.0, 2.0)
"""From which the effects of an eighth technique and more are drawn."""
NOISES = (0.2, 0.5, 1.0)
"""Standard deviations over seeds, in points, from which a truth draws its own."""
CHANCE = 10.0
"""Percent, of ten classes."""
SEEDS = 3
"""Of each confirmed recipe, as `--confirm` has it."""


class Machine(Protocol):
    """Whatever trains recipes, given as ±1 for each technique."""

    @property
    def effects(self) -> np.ndarray:
        """The true effects, in points, or nats of a log loss."""

    @property
    def drift(self) -> float:
        """Points that it gains from a study's first run to its last."""

    @property
    def loss(self) -> bool:
        """True where a value is a log loss, in nats."""

    def value(self, recipe: np.ndarray, random: np.random.Generator) -> float:
        """One run's percent, or nats."""


@dataclass(frozen=True)
class Cell:
    """Recipes that fail together: those with these techniques at these levels."""

    techniques: tuple[int, ...]
    sides: tuple[float, ...]
    """+1 where it takes the technique on, −1 where off."""
    loss: float = 0.0
    """Points that they lose; 0 where they end at `floor`."""
    floor: float = math.nan
    """Percent that they end at, whatever else is on; NaN where they lose points instead."""

    def holds(self, recipes: np.ndarray) -> np.ndarray:
        """(recipes,): True in the cell, of recipes as ±1, (recipes, techniques)."""
        inside = recipes[:, list(self.techniques)] == np.array(self.sides)
        return np.asarray(np.all(inside, axis=1))


@dataclass(frozen=True)
class Truth:
    """A machine: what recipes are worth in percent, and how much a seed changes them."""

    linear: np.ndarray
    """(techniques,): points of a technique, before what the rest of the truth does to it."""
    pairs: np.ndarray
    """(techniques, techniques), above the diagonal: interaction indices in points."""
    noise: float
    """Standard deviation over seeds, in points."""
    noisy: int | None = None
    """A technique that multiplies the noise by 2/3 where it is on and 4/3 where it is off."""
    heavy: bool = False
    """Student's t of three degrees of freedom in place of normal noise, of equal variance."""
    triples: Mapping[tuple[int, int, int], float] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    ceiling: float = math.inf
    """Percent that recipes approach and never reach."""
    diverging: float = 0.0
    """Share of runs that diverge, and end at chance."""
    drift: float = 0.0
    """Points that the machine gains from a study's first run to its last."""
    loss: bool = False
    """True where a run's value is a log loss, in nats, which grows by a factor."""

    def means(self, recipes: np.ndarray) -> np.ndarray:
        """(recipes,): values without noise, of recipes as ±1, (recipes, techniques)."""
        values = 60 + recipes @ self.linear / 2
        values = values + np.sum(recipes @ self.pairs * recipes, axis=1) / 4
        for triple, size in self.triples.items():
            values = values + size * np.prod(recipes[:, list(triple)], axis=1) / 2
        for cell in self.cells:
            fails = cell.holds(recipes)
            floor = cell.floor if not math.isnan(cell.floor) else values - cell.loss
            values = np.where(fails, floor, values)
        if self.ceiling < math.inf:
            room = self.ceiling - 60
            over = values > 60
            values = np.where(over, 60 + room * np.tanh((values - 60) / room), values)
        return np.asarray(np.exp((60 - values) / 40) if self.loss else values)

    def mean(self, recipe: np.ndarray) -> float:
        """One recipe's value without noise."""
        return float(self.means(recipe[np.newaxis])[0])

    @cached_property
    def effects(self) -> np.ndarray:
        """(techniques,): mean over all recipes where it is on, less that where it is off."""
        recipes = every_recipe(len(self.linear))
        effects = 2 * (self.means(recipes) @ recipes) / len(recipes)
        return np.where(np.abs(effects) < 1e-9, 0, effects)

    @cached_property
    def interactions(self) -> np.ndarray:
        """(techniques, techniques), above the diagonal: change of one technique's step, averaged
        over the others, when the other is turned on."""
        recipes = every_recipe(len(self.linear))
        products = (recipes * self.means(recipes)[:, np.newaxis]).T @ recipes
        sizes = np.triu(4 * products / len(recipes), 1)
        return np.where(np.abs(sizes) < 1e-9, 0, sizes)

    def value(self, recipe: np.ndarray, random: np.random.Generator) -> float:
        """One run's percent, or nats."""
        if self.diverging and random.random() < self.diverging:
            return math.log(10) if self.loss else CHANCE + 0.3 * float(random.standard_normal())
        scale = 1.0 if self.noisy is None else 1 - recipe[self.noisy] / 3
        draw = random.standard_t(3) / math.sqrt(3) if self.heavy else random.standard_normal()
        if any(not math.isnan(c.floor) and c.holds(recipe[np.newaxis])[0] for c in self.cells):
            scale = 0.3 / self.noise
        noise = self.noise * scale * float(draw)
        return self.mean(recipe) * (math.exp(-noise / 40) if self.loss else 1) + (
            0 if self.loss else noise
        )


@lru_cache(maxsize=2)
def every_recipe(techniques: int) -> np.ndarray:
    """(2 ** techniques, techniques): every recipe as ±1."""
    numbers = np.arange(2**techniques)[:, np.newaxis]
    return np.where(numbers >> np.arange(techniques) & 1, 1.0, -1.0)


def article(techniques: int, random: np.random.Generator, pairs: float = 1.0) -> Truth:
    """Effects in the article's order; three pairs in ten interact, by so many points or so."""
    extra = random.choice(MORE, max(0, techniques - len(ARTICLE)))
    sizes = np.triu(random.normal(0, 1, (techniques, techniques)), 1)
    sizes *= pairs * (random.random(sizes.shape) < 0.3)
    linear = np.array([*ARTICLE, *extra])[:techniques]
    return Truth(linear, sizes, float(random.choice(NOISES)))


def failing(order: int, loss: float = 0.0, floor: float = math.nan) -> Callable[..., Truth]:
    """Make truths where one technique without one or two others fails.

    Two techniques outside the cell have no effect at all, with chance and with lost points alike.
    """

    def draw(techniques: int, random: np.random.Generator) -> Truth:
        plain = article(techniques, random, 0 if not math.isnan(floor) else 0.3)
        places = random.permutation(techniques)
        innocent, chosen = places[order:][:2], places[:order]
        linear, pairs = plain.linear.copy(), plain.pairs.copy()
        linear[innocent], pairs[innocent], pairs[:, innocent] = 0, 0, 0
        sides = (1.0,) + (-1.0,) * (order - 1)
        cell = Cell(tuple(int(place) for place in chosen), sides, loss, floor)
        return replace(plain, linear=linear, pairs=pairs, cells=(cell,))

    return draw


def _varied(**changes: object) -> Callable[..., Truth]:
    def draw(techniques: int, random: np.random.Generator) -> Truth:
        return replace(article(techniques, random), **changes)  # type: ignore[arg-type]

    return draw


def _unequal(techniques: int, random: np.random.Generator) -> Truth:
    return replace(article(techniques, random), noisy=int(random.integers(techniques)))


def _triples(techniques: int, random: np.random.Generator) -> Truth:
    every = list(itertools.combinations(range(techniques), 3))
    chosen = random.permutation(len(every))[: max(1, len(every) // 10)]
    return replace(
        article(techniques, random),
        triples={every[at]: float(random.normal(0, 0.3)) for at in chosen},
    )


KINDS: Mapping[str, Callable[..., Truth]] = {
    "equal": article,
    "unequal": _unequal,
    "heavy tails": _varied(heavy=True),
    "weak triples": _triples,
    "ceiling": _varied(ceiling=75.0),
    "log loss": _varied(loss=True),
    "some diverge": _varied(diverging=0.03),
    "drift": _varied(drift=2.0),
    "two fail to chance": failing(2, floor=CHANCE),
    "three fail to chance": failing(3, floor=CHANCE),
    "two fail to 20 %": failing(2, floor=20.0),
    "three fail to 20 %": failing(3, floor=20.0),
    "two lose 12 points": failing(2, loss=12.0),
    "three lose 12 points": failing(3, loss=12.0),
    "two lose 4 points": failing(2, loss=4.0),
    "three lose 4 points": failing(3, loss=4.0),
}
"""Makers of truths, of a number of techniques and a random generator."""


def names(techniques: int) -> list[str]:
    """t0, t1, …"""
    return [f"t{index}" for index in range(techniques)]


def run(recipe: np.ndarray, value: float, phase: str = "measure", scale: float = 100.0) -> Run:
    """A complete run as kouka reads it, of a value in percent, or in nats where `scale` is 1."""
    on = frozenset(compress(names(len(recipe)), recipe > 0))
    return Run(0, phase, "complete", {}, on, value / scale, scale=scale)


def ordered(machine: Machine, rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A design's rows, as ±1, in kouka's order where the machine drifts, which is slower to draw;
    else in any, as that tells nothing."""
    order = run_order(rows > 0, random) if machine.drift else random.permutation(len(rows))
    return np.asarray(rows[order])


def simulate(
    machine: Machine, rows: np.ndarray, random: np.random.Generator
) -> tuple[list[Run], list[list[Run]]]:
    """The measured runs in their order, and the confirm runs: the best, all off and all on."""
    values = np.array([machine.value(row, random) for row in rows])
    values = values + machine.drift * np.arange(len(rows)) / max(1, len(rows) - 1)
    scale = 1.0 if machine.loss else 100.0
    best = rows[int(np.argmin(values) if machine.loss else np.argmax(values))]
    ends = np.ones(rows.shape[1])
    confirmed = [
        [run(recipe, machine.value(recipe, random), "confirm", scale) for _ in range(SEEDS)]
        for recipe in (best, -ends, ends)
    ]
    return [run(row, v, scale=scale) for row, v in zip(rows, values, strict=True)], confirmed
