"""Effects at each level of a category, in studies that other programs made.

    python -m bench.other_levels                 # about ten minutes on one core
    python -m bench.other_levels --studies 20    # a tenth of the studies

Prints a table of bench/README.md. A study turns six techniques on and off, and chooses one of three
optimizers, one to three layers, and a learning rate. Half of the techniques have an effect, and
half, drawn anew, one that changes with the optimizer, unless none does; none changes with the
layers.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
import optuna

from bench.calibration import SAMPLERS
from bench.results import Row
from bench.simulating import report_rows
from search.analysis.by_level import effects_by_level
from search.storage.reading import read

TECHNIQUES = tuple("abcdef")
OPTIMIZERS = ("sgd", "adam", "lion")
TRIALS = (60, 120, 300)
CHANGES = (0.0, 0.7, 1.5)
"""Standard deviations of how an effect changes with the optimizer, in that of a trial's noise."""
_REAL = 0.5
"""Share of techniques that have an effect, and of those whose effect changes."""
_LEAST_CHANGE = 1e-9


@dataclass(frozen=True)
class Truth:
    """What each choice is worth, in points, of which the noise of a trial is one."""

    base: np.ndarray
    """(optimizers,)."""
    effects: np.ndarray
    """(techniques, optimizers)."""
    both: float
    """What the first two techniques are worth together, beside what each is."""

    @classmethod
    def drawn(cls, change: float, numbers: np.random.Generator) -> Truth:
        """Draw a truth whose effects change with the optimizer so much."""
        real, changes = numbers.random((2, len(TECHNIQUES), 1)) < _REAL
        effects = numbers.normal(0, 2, (len(TECHNIQUES), 1)) * real
        turned = numbers.normal(0, change, (len(TECHNIQUES), len(OPTIMIZERS))) * changes
        return cls(numbers.normal(0, 2, len(OPTIMIZERS)), effects + turned,
                   float(numbers.normal()))  # fmt: skip

    def at(self, technique: str, optimizer: str) -> float:
        """The effect of a technique with an optimizer."""
        found = self.effects[TECHNIQUES.index(technique), OPTIMIZERS.index(optimizer)]
        return float(found) + self.both / 2 * (technique in TECHNIQUES[:2])

    def changes(self, technique: str, factor: str) -> bool:
        """True where its effect changes with a factor."""
        each = self.effects[TECHNIQUES.index(technique)]
        return factor == "optimizer" and float(np.ptp(each)) > _LEAST_CHANGE


@dataclass
class Counts:
    """What the studies of a row came to."""

    held: list[bool] = field(default_factory=list)
    """Whether an interval held its effect, with one of the optimizers."""
    named_held: list[bool] = field(default_factory=list)
    """The same of the effects that are said to change with a factor."""
    real: int = 0
    """Effects that do change."""
    found: int = 0
    """Of these, those that are named."""
    wrong: int = 0
    """Studies that name one which does not."""


def simulated(truth: Truth, sampler: str, trials: int, seed: int) -> optuna.Study:
    """Run a study whose objective is the truth, with a learning rate and noise."""
    numbers = np.random.default_rng(seed)

    def objective(trial: optuna.Trial) -> float:
        on = [trial.suggest_categorical(name, [False, True]) for name in TECHNIQUES]
        place = OPTIMIZERS.index(trial.suggest_categorical("optimizer", OPTIMIZERS))
        layers = trial.suggest_int("layers", 1, 3)
        rate = math.log10(trial.suggest_float("rate", 1e-4, 1e-1, log=True))
        worth = truth.base[place] + truth.effects[:, place] @ on + truth.both * (on[0] and on[1])
        points = 70 + worth + 0.5 * layers - (rate + 2.5) ** 2 + numbers.normal()
        return float(points) / 100

    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=trials)
    return study


def count(counts: Counts, truth: Truth, study: optuna.Study) -> None:
    """Count what is found in a study."""
    wrong = False
    counts.real += sum(truth.changes(name, "optimizer") for name in TECHNIQUES)
    for row in effects_by_level(read(study)):
        changes = truth.changes(row.technique, row.factor)
        wrong |= row.depends and not changes
        if row.factor == "optimizer":
            held = [one.low <= truth.at(row.technique, one.level) <= one.high for one in row.levels]
            counts.held += held
            counts.named_held += held if row.depends else []
            counts.found += row.depends and changes
    counts.wrong += wrong


def row(sampler: str, trials: int, change: float, studies: int) -> Row:
    """Simulate the studies of a row."""
    counts = Counts()
    for seed in range(studies):
        truth = Truth.drawn(change, np.random.default_rng([seed, 1]))
        count(counts, truth, simulated(truth, sampler, trials, seed))
    return {
        "sampler": sampler, "trials": trials, "change, sigmas": change,
        "coverage, %": round(100 * fmean(counts.held), 1),
        "changes found, %": round(100 * counts.found / counts.real, 1) if counts.real else None,
        "coverage of those named, %": round(100 * fmean(counts.named_held), 1)
        if counts.found else None,
        "studies with a wrong one, %": round(100 * counts.wrong / studies, 1),
    }  # fmt: skip


def main() -> None:
    """Print a row for each sampler, number of trials and change."""
    report_rows(
        __doc__, "other_levels", itertools.product(("random", "TPE"), TRIALS, CHANGES), row, 200
    )


if __name__ == "__main__":
    main()
