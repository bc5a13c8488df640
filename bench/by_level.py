"""Effects at each learning rate and at the best, in studies whose truth is known.

    python -m bench.by_level                 # about twenty minutes on one core
    python -m bench.by_level --studies 40    # a tenth of the studies

Prints a table of bench/README.md. The best rates are chosen by the same runs that measure the
effect there, so an interval made as if they had not been chosen would miss the truth too often.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, compress

import numpy as np

from bench.options import script_options
from bench.results import Row, reporter
from bench.truths import names
from search.analysis.by_level import by_level
from search.analysis.looks import ALONE
from search.parameters import Category, level_name
from search.planning.mixed_design import mixed_design, places
from search.results import Run

KINDS = {
    "one rate is best": (3.0, 1.5, 1.0),
    "rates are near": (0.5, 0.5, 1.0),
    "rates are alike": (0.0, 0.0, 1.0),
    "the highest rate is noisy": (3.0, 1.5, 3.0),
}
"""How far a rate beside the best falls off, how much effects change from a rate to the next, and
the noise of a run at the highest rate, in standard deviations of one run's noise."""
DESIGNS = ((2, 3, 16), (3, 2, 16), (3, 3, 32), (8, 3, 64), (8, 4, 64))
"""Techniques, rates and runs."""
_SOME = 0.6
"""Share of techniques that have an effect."""
_EFFECTS = 2.0
"""Standard deviation of the effects, and below, of interactions, both in that of the noise."""
_PAIRS = 1.5
_RATES = (1e-3, 3e-4, 3e-3, 1e-2)
_STEPS = {3e-4: -1.0, 1e-3: 0.0, 3e-3: 1.0, 1e-2: 2.0}


@dataclass(frozen=True)
class Machine:
    """A truth: each technique's mean at each rate, off and on, and the interactions of pairs."""

    base: np.ndarray
    """(rates,): with all techniques half on."""
    effects: np.ndarray
    """(techniques, rates)."""
    pairs: np.ndarray
    """(pairs,): in the order of `combinations`."""
    noise: np.ndarray
    """(rates,): of a run."""

    @classmethod
    def draw(cls, kind: str, techniques: int, rates: int, random: np.random.Generator) -> Machine:
        """Draw a truth of a kind."""
        fall, turn, noise = KINDS[kind]
        steps = np.array([_STEPS[rate] for rate in _RATES[:rates]])
        effects = random.normal(0, _EFFECTS, (techniques, 1))
        effects = effects * (random.random((techniques, 1)) < _SOME)
        return cls(
            -fall * (steps - random.normal(0, 0.7)) ** 2,
            effects + turn * random.normal(size=(techniques, 1)) * steps,
            random.normal(0, _PAIRS, techniques * (techniques - 1) // 2),
            np.where(steps == steps.max(), noise, 1.0),
        )

    def value(self, sides: np.ndarray, rate: int) -> float:
        """The value of a recipe, given as ±1, without noise."""
        products = [sides[i] * sides[j] for i, j in combinations(range(len(sides)), 2)]
        return float(
            self.base[rate] + sides @ self.effects[:, rate] / 2 + products @ self.pairs / 4
        )

    def at_best(self, technique: int) -> float:
        """The effect of a technique at the best rates."""
        half = self.effects[technique] / 2
        return float(np.max(self.base + half) - np.max(self.base - half))

    def turns(self, technique: int) -> bool:
        """True where its effect has both signs."""
        return bool(self.effects[technique].min() < 0 < self.effects[technique].max())


def runs_of(machine: Machine, rates: Category, size: int, random: np.random.Generator) -> list[Run]:
    """Run the design of a study."""
    named, levels = names(len(machine.effects)), [len(rates.levels)]
    runs: list[Run] = []
    for row in mixed_design(len(named), levels, size):
        at = places(row, len(named), levels)[0]
        sides = np.where(row[: len(named)], 1.0, -1.0)
        on = {*compress(named, sides > 0)}
        if at:
            on.add(level_name(rates.name, rates.levels[at]))
        noise = machine.noise[at] * random.standard_normal()
        value = (50 + machine.value(sides, at) + noise) / 100
        params = {rates.name: rates.levels[at]}
        runs.append(Run(len(runs), "measure", "complete", params, frozenset(on), value))
    return runs


def row_of(kind: str, techniques: int, rates: int, size: int, studies: int) -> Row:
    """Measure studies of a kind and size."""
    random = np.random.default_rng([techniques, rates, size, len(kind)])
    category = Category("learning_rate", _RATES[:rates], number=True)
    named = names(techniques)
    best, each, widths, turned, wrong = [], [], [], 0, 0
    for _ in range(studies):
        machine = Machine.draw(kind, techniques, rates, random)
        runs = runs_of(machine, category, size, random)
        falsely = False
        for at, one in enumerate(by_level(runs, named, category, (category,), True, ALONE)):
            best.append(one.low <= machine.at_best(at) <= one.high)
            widths.append((one.high - one.low) / 2)
            truth = dict(zip(category.levels, machine.effects[at], strict=True))
            each += [level.low <= truth[level.level] <= level.high for level in one.levels]
            turned += one.reverses
            falsely = falsely or (one.reverses and not machine.turns(at))
        wrong += falsely
    return {
        "truth": kind,
        "techniques": techniques,
        "rates": rates,
        "runs": size,
        "at the best covers, %": round(100 * float(np.mean(best)), 1),
        "half width, sigmas": round(float(np.median(widths)), 2),
        "at each covers, %": round(100 * float(np.mean(each)), 1),
        "reversals named, %": round(100 * turned / (studies * techniques), 1),
        "studies with a wrong one, %": 100 * wrong / studies,
    }


def main() -> None:
    """Print the table, and keep it with `--record`."""
    parser = script_options(__doc__)
    parser.add_argument("--studies", type=int, default=400, help="studies a row")
    given = parser.parse_args()
    report = reporter("by_level", record=given.record)
    for design in DESIGNS:
        for kind in KINDS:
            report(row_of(kind, *design, given.studies))


if __name__ == "__main__":
    main()
