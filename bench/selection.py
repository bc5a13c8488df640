"""Coverage of the intervals that kouka shows because something was found clear, or the largest.

    python -m bench.selection            # all of it, about 10 minutes on two cores
    python -m bench.selection --quick    # a twentieth of the studies

Prints the table of bench/README.md. Studies are simulated from the truths of `bench.truths`, from
others whose interactions or effects are weaker or stronger, and from the real runs of all recipes
on digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from bench.knowing import Table
from bench.options import script_options
from bench.parallel import Job, measure
from bench.results import Row
from bench.truths import KINDS, Machine, Truth, article, every_recipe, names, simulate
from search.analysis import effects as effects_module
from search.analysis.effects import Effects, effects
from search.analysis.headline import headline
from search.analysis.interactions import Interaction, interactions
from search.analysis.simple_effects import Dependence, SimpleEffect, dependences
from search.analysis.t_distribution import quantile
from search.planning.design import fraction
from search.results import Run

CLEAR = 0.5
"""Points from which a true interaction, or a true simple effect of each sign, should be told."""

CASES = (
    ("equal", 8, 64), ("weak interactions", 8, 64), ("strong interactions", 8, 64),
    ("no interactions", 8, 64), ("no effects", 8, 64), ("unequal", 8, 64), ("heavy tails", 8, 64),
    ("weak triples", 8, 64), ("few diverge", 8, 64), ("two fail to chance", 8, 64),
    ("three fail to chance", 8, 64), ("three lose 12 points", 8, 64),
    ("three lose 4 points", 8, 64), ("random recipes", 8, 64), ("random recipes", 6, 40),
    ("digits", 8, 16), ("digits", 8, 64), ("digits, 250 images", 8, 16),
    ("digits, 250 images", 8, 64), ("equal", 3, 8), ("equal", 8, 16),
    ("three lose 12 points", 6, 32), ("weak interactions", 12, 128), ("equal", 20, 128),
)  # fmt: skip
"""Kind of truth, techniques and runs."""


class Known(Machine, Protocol):
    """A machine whose true interactions are known as well."""

    @property
    def interactions(self) -> np.ndarray:
        """(techniques, techniques), above the diagonal, in the effects' unit."""


class Digits(Table):
    """The real runs of all recipes on digits, with the interactions of their means."""

    drift = 0.0
    loss = False

    @cached_property
    def interactions(self) -> np.ndarray:
        """(techniques, techniques), above the diagonal, in points."""
        recipes = every_recipe(len(self.effects))
        means = np.array([np.mean(self._percents[tuple(recipe > 0)]) for recipe in recipes])
        return np.triu(4 * (recipes * means[:, np.newaxis]).T @ recipes / len(recipes), 1)


@dataclass(frozen=True)
class Pairwise(Truth):
    """A truth of effects and pairs alone, so that they need not be computed over all recipes."""

    @property
    def effects(self) -> np.ndarray:
        """(techniques,), in points."""
        return self.linear

    @property
    def interactions(self) -> np.ndarray:
        """(techniques, techniques), above the diagonal, in points."""
        return self.pairs


def pairwise(
    spread: float, share: float = 1.0, scale: float = 1.0
) -> Callable[[int, np.random.Generator], Known]:
    """Make truths where a share of the pairs interacts, with a standard deviation in points.

    `scale` multiplies the article's effects.
    """

    def draw(techniques: int, random: np.random.Generator) -> Known:
        plain = article(techniques, random)
        pairs = np.triu(random.normal(0, spread, (techniques, techniques)), 1)
        pairs *= random.random(pairs.shape) < share
        return Pairwise(scale * plain.linear, pairs, plain.noise)

    return draw


def _table(images: int) -> Callable[[int, np.random.Generator], Known]:
    machine = Digits(images, 12)
    return lambda techniques, random: machine


def maker(kind: str) -> Callable[[int, np.random.Generator], Known]:
    """Find what makes truths of a kind."""
    if kind.startswith("digits"):
        return _table(250 if "250" in kind else 1000)
    made = {
        "equal": pairwise(1.0, 0.3),
        "no interactions": pairwise(0.0),
        "weak interactions": pairwise(0.3),
        "strong interactions": pairwise(3.0),
        "no effects": pairwise(0.0, scale=0.0),
        "random recipes": pairwise(1.0, 0.3),
        "few diverge": KINDS["some diverge"],
    }
    return made.get(kind) or KINDS[kind]


def recipes(kind: str, techniques: int, runs: int, random: np.random.Generator) -> np.ndarray:
    """(runs, techniques) as ±1: a design in random order, or as another program draws them."""
    if kind == "random recipes":
        shares = random.uniform(0.25, 0.75, techniques)
        return np.where(random.random((runs, techniques)) < shares, 1.0, -1.0)
    return np.asarray(random.permutation(np.where(fraction(techniques, runs), 1.0, -1.0)))


class Tally:
    """What was shown in many studies, and how much of it was true."""

    def __init__(self, machine: Known) -> None:
        """Start with nothing shown; `machine` is of the study that is counted next."""
        self.machine = machine
        self._shown: Counter[str] = Counter()
        self._true: Counter[str] = Counter()

    def add(self, what: str, holds: bool) -> None:
        """Count something that was shown."""
        self._shown[what] += 1
        self._true[what] += bool(holds)

    def shown(self, what: str) -> int:
        """Number of times that it was shown."""
        return self._shown[what]

    def percent(self, what: str) -> float | None:
        """Share of what was shown that was true; None where nothing was."""
        return round(100 * self._true[what] / self._shown[what], 1) if self._shown[what] else None

    def false(self, what: str) -> float | None:
        """Share of what was shown that was false; None where nothing was."""
        true = self.percent(what)
        return None if true is None else round(100 - true, 1)

    def count(self, measured: Sequence[Run], repeats: Sequence[Sequence[Run]]) -> None:
        """Count one study."""
        techniques = names(len(self.machine.effects))
        found = effects(measured, techniques, repeats, maximize=not self.machine.loss)
        if found is None:
            return
        self._headline(found)
        rows = [row for row in interactions(found) if not np.isnan(row.p_value)]
        certain = [row for row in rows if row.certain]
        for row in certain:
            self.add("interactions", row.low <= self._interaction(row) <= row.high)
        if certain:
            largest = max(certain, key=lambda row: abs(row.effect))
            true, margin = self._interaction(largest), largest.error * quantile(found.dof)
            self.add("largest", largest.low <= true <= largest.high)
            self.add("largest, plain", abs(largest.effect - true) <= margin)
        for row in rows:
            if abs(self._interaction(row)) >= CLEAR:
                self.add("told", row.certain)
        self._dependences(dependences(found, rows), rows)

    def _headline(self, found: Effects) -> None:
        named = headline(found)
        true, own = self._effect(named.technique), found.of(named.technique)
        self.add("headline", named.low <= true <= named.high)
        self.add("headline, plain", own.low <= true <= own.high)

    def _dependences(self, shown: Sequence[Dependence], rows: Sequence[Interaction]) -> None:
        reversing = set()
        for row in shown:
            sides = row.without, row.with_it
            for side in sides:
                self.add("simple", side.low <= self._simple(side) <= side.high)
            if row.reverses:
                reversing.add((row.without.technique, row.without.other))
                true = all(self._simple(side) * side.effect > 0 for side in sides)
                self.add("reversals", true)
        for pairs in (row.pairs for row in rows if len(row.pairs) == 1):
            for one, other in (pairs[0], pairs[0][::-1]):
                off, on = (self._at(one, other, side) for side in (-1, 1))
                if off * on < 0 and min(abs(off), abs(on)) >= CLEAR:
                    self.add("reversals told", (one, other) in reversing)

    def _effect(self, technique: str) -> float:
        return float(self.machine.effects[int(technique[1:])])

    def _interaction(self, row: Interaction) -> float:
        return sum(
            sign * self._pair(*pair) for pair, sign in zip(row.pairs, row.signs, strict=True)
        )

    def _pair(self, one: str, other: str) -> float:
        places = sorted((int(one[1:]), int(other[1:])))
        return float(self.machine.interactions[places[0], places[1]])

    def _simple(self, side: SimpleEffect) -> float:
        return self._at(side.technique, side.other, 1 if side.on else -1)

    def _at(self, technique: str, other: str, side: int) -> float:
        return self._effect(technique) + side * self._pair(technique, other) / 2


def row_of(kind: str, techniques: int, runs: int, studies: int) -> Row:
    """A row of the table."""
    effects_module._DRAWS = 10  # the probabilities of ranks are not looked at here
    random = np.random.default_rng([techniques, runs, len(kind)])
    draw = maker(kind)
    tally = Tally(draw(techniques, random))
    for _ in range(studies):
        tally.machine = draw(techniques, random)
        rows = recipes(kind, techniques, runs, random)
        measured, confirmed = simulate(tally.machine, rows, random)
        tally.count(measured, [] if kind == "random recipes" else confirmed)
    return {
        "truth": kind,
        "techniques": techniques,
        "runs": runs,
        "headline, %": tally.percent("headline"),
        "headline, plain, %": tally.percent("headline, plain"),
        "clear interactions": tally.shown("interactions"),
        "they cover, %": tally.percent("interactions"),
        "the largest, %": tally.percent("largest"),
        "the largest, plain, %": tally.percent("largest, plain"),
        "simple effects, %": tally.percent("simple"),
        "reversals": tally.shown("reversals"),
        "false, %": tally.false("reversals"),
        "interactions told, %": tally.percent("told"),
        "reversals told, %": tally.percent("reversals told"),
    }


def main() -> None:
    """Print the table."""
    parser = script_options(__doc__)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the studies")
    parser.add_argument("--studies", type=int, default=400, help="of a row")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    studies = max(2, given.studies // (20 if given.quick else 1))
    jobs: list[Job] = [(row_of, (*case, studies)) for case in CASES]
    measure("selection", jobs, given.processes, record=given.record)


if __name__ == "__main__":
    main()
