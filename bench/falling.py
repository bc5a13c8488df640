"""Levels of recipes whose runs fall in some seeds, in studies whose truth is known.

    python -m bench.falling                 # about four minutes on one core
    python -m bench.falling --studies 20    # a tenth of the studies

Prints a table of bench/README.md. Three seeds of a recipe hardly tell how often it falls, so an
interval that is made of them alone misses the mean over all seeds too often.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import numpy as np

from bench.options import script_options
from bench.results import Row, reporter
from bench.truths import SEEDS, Truth, article, names
from search.analysis.collapses import collapse
from search.analysis.confirmation import confirmation
from search.analysis.estimate import mean_over_seeds
from search.commands.program import CommandFactor, CommandLevel, Metric, Program
from search.planning.design import fraction
from search.results import Results, Run
from search.settings import Settings

KINDS = ((0.0, 0.0), (0.05, 10.0), (0.1, 5.0), (0.1, 10.0), (0.1, 30.0), (0.2, 10.0), (0.2, 30.0))
"""The share of runs that fall, and how far, in standard deviations of the noise."""
SIZES = (16, 64)
_TECHNIQUES = 8
_RECIPES = 5
"""That are confirmed: all off, all on, and others at random."""


@dataclass(frozen=True)
class Falling:
    """A truth of which a share of the runs falls, whatever is on."""

    truth: Truth
    share: float
    depth: float
    """Points."""

    def mean(self, recipe: np.ndarray) -> float:
        """One recipe's mean over all seeds, in percent."""
        return self.truth.mean(recipe) - self.share * self.depth

    def value(self, recipe: np.ndarray, random: np.random.Generator) -> float:
        """One run's percent."""
        fallen = random.random() < self.share
        return self.truth.value(recipe, random) - fallen * self.depth


def settings(size: int) -> Settings:
    """The settings of a study of so many measured runs."""
    factors = tuple(CommandFactor(name, (CommandLevel("off"), CommandLevel("on", (f"--{name}",))))
                    for name in names(_TECHNIQUES))  # fmt: skip
    program = Program("train {flags}", "/", factors, Metric("acc", "acc"), unit="points",
                      scale=100.0)  # fmt: skip
    return Settings(data="", techniques=tuple(names(_TECHNIQUES)), measure=(size,), search=0,
                    confirm=SEEDS, program=program)  # fmt: skip


def study(machine: Falling, size: int, random: np.random.Generator) -> Results:
    """Run a design, and some recipes with three seeds each."""
    named = names(_TECHNIQUES)
    design = np.where(fraction(_TECHNIQUES, size), 1.0, -1.0)
    others = np.where(random.random((_RECIPES - 2, _TECHNIQUES)) < 0.5, 1.0, -1.0)
    ends = np.ones((2, _TECHNIQUES)) * [[-1.0], [1.0]]
    confirmed = np.repeat(np.concatenate([ends, others]), SEEDS, axis=0)
    runs: list[Run] = []
    for phase, rows in (("measure", design), ("confirm", confirmed)):
        for row in rows:
            on = frozenset(compress(named, row > 0))
            params = {name: name in on for name in named}
            value = machine.value(row, random) / 100
            runs.append(Run(len(runs), phase, "complete", params, on, value, {}, len(runs)))
    return Results("simulated", tuple(named), tuple(runs), settings(size))


def row_of(share: float, depth: float, size: int, studies: int) -> Row:
    """Measure studies of a kind and size."""
    random = np.random.default_rng([round(100 * share), round(depth), size])
    told, missed, alone = 0, [], []
    for _ in range(studies):
        truth = article(_TECHNIQUES, random)
        machine = Falling(truth, share, depth * truth.noise)
        results = study(machine, size, random)
        told += collapse(results) is not None
        for row in confirmation(results, None):
            on = {name for name, is_on in row.params.items() if is_on}
            signs = [1.0 if name in on else -1.0 for name in results.factors]
            level = machine.mean(np.array(signs))
            runs = [run.scaled for run in results.of("confirm") if run.params == row.params]
            missed.append(not row.test.low <= level <= row.test.high)
            own = mean_over_seeds(runs)
            alone.append(not own.low <= level <= own.high)
    return {
        "runs that fall, %": round(100 * share),
        "depth, sigmas": round(depth),
        "runs": size,
        "told, %": round(100 * told / studies, 1),
        "levels miss, %": round(100 * float(np.mean(missed)), 1),
        "by a recipe's own seeds, %": round(100 * float(np.mean(alone)), 1),
    }


def main() -> None:
    """Print the table, and keep it with `--record`."""
    parser = script_options(__doc__)
    parser.add_argument("--studies", type=int, default=200, help="studies a row")
    given = parser.parse_args()
    report = reporter("falling", record=given.record)
    for size in SIZES:
        for share, depth in KINDS:
            report(row_of(share, depth, size, given.studies))


if __name__ == "__main__":
    main()
