"""Losses that techniques multiply, and losses that they add to, in studies of other programs.

    python -m bench.multiplied                 # about ten minutes on one core
    python -m bench.multiplied --studies 20    # a fifth of the studies

Prints a table of bench/README.md. A study turns six techniques on and off, in 40 random trials. The
effects are drawn, as is one interaction, and scaled so that the best recipe has a loss of 1 and the
worst one a loss that is so many times as large. They multiply the loss, or add to it, and so does
the noise.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
import optuna

from bench.results import Row
from bench.simulating import report_rows
from search.analysis.decision import decide
from search.analysis.effects import effects_of
from search.analysis.estimate import Estimate
from search.analysis.recommendation import recommend
from search.analysis.scale_refit import scale_refit
from search.storage.reading import read

TECHNIQUES = tuple("abcdef")
TRIALS = 40
SPANS = (4.0, 8.0, 50.0)
NOISES = (0.06, 0.2)
"""Standard deviations of a trial, as a share of what is between the best and the worst recipe."""
_REAL = 0.6
"""Chance of a technique to have an effect."""


@dataclass(frozen=True)
class Truth:
    """The loss of each recipe."""

    effects: np.ndarray
    """(techniques,), on any scale."""
    both: float
    """What the first two techniques are worth together, beside what each is."""
    span: float
    """The worst recipe's loss, of which the best one's is 1."""
    multiplied: bool

    @classmethod
    def drawn(cls, span: float, multiplied: bool, numbers: np.random.Generator) -> Truth:
        """Draw a truth of these losses."""
        real = numbers.random(len(TECHNIQUES)) < _REAL
        real[int(numbers.integers(len(TECHNIQUES)))] = True
        effects = numbers.normal(0, 1, len(TECHNIQUES)) * real
        return cls(effects, float(numbers.normal(0, 0.5)), span, multiplied)

    def loss(self, on: Collection[str], noise: float = 0.0) -> float:
        """The loss of a recipe, with noise as a share of what is between the best and the worst."""
        sums = [self._sum(row) for row in itertools.product((False, True), repeat=len(TECHNIQUES))]
        here = self._sum([name in on for name in TECHNIQUES]) - min(sums)
        place = here / (max(sums) - min(sums)) + noise
        return float(self.span**place if self.multiplied else 1 + (self.span - 1) * place)

    def _sum(self, row: Collection[bool]) -> float:
        first, second, *_ = row
        return float(self.effects @ np.array([*row]) + self.both * (first and second))


@dataclass
class Counts:
    """What the studies of a row came to."""

    logarithm: list[bool] = field(default_factory=list)
    lost: list[float] = field(default_factory=list)
    """The loss of the recommended recipe over that of the best."""
    level: list[bool] = field(default_factory=list)
    """Whether the interval of the recommended recipe's loss holds it."""
    width: list[float] = field(default_factory=list)
    gain: list[bool] = field(default_factory=list)
    below_zero: list[bool] = field(default_factory=list)


def count(counts: Counts, truth: Truth, noise: float, seed: int) -> None:
    """Run a study, and count what is predicted of it."""
    numbers = np.random.default_rng(seed)

    def objective(trial: optuna.Trial) -> float:
        on = [name for name in TECHNIQUES if trial.suggest_categorical(name, [False, True])]
        return truth.loss(on, noise * numbers.normal())

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    study.optimize(objective, n_trials=TRIALS)
    results = read(study)
    fitted, recommended = effects_of(results), recommend(results)
    assert fitted is not None
    assert recommended is not None
    refit = scale_refit(results, fitted)
    made = decide(results, recommended, (), effects=fitted, refit=refit)
    assert made is not None
    true, off = truth.loss(recommended.on), truth.loss(())
    counts.logarithm.append(results.multiplied)
    counts.lost.append(true - 1)
    if not math.isnan(made.reached.low):
        counts.level.append(_holds(made.reached, true))
        counts.width.append(made.reached.high - made.reached.low)
        counts.below_zero.append(made.reached.low < 0)
    if made.gain is not None:
        counts.gain.append(_holds(made.gain, true - off))


def _holds(interval: Estimate, true: float) -> bool:
    return interval.low <= true <= interval.high


def row(multiplied: bool, span: float, noise: float, studies: int) -> Row:
    """Simulate the studies of a row."""
    counts = Counts()
    for seed in range(studies):
        truth = Truth.drawn(span, multiplied, np.random.default_rng([seed, 1]))
        count(counts, truth, noise, seed)
    return {
        "techniques": "multiply" if multiplied else "add", "worst loss": span, "noise": noise,
        "logarithm, %": round(100 * fmean(counts.logarithm), 1),
        "loss over the best": round(fmean(counts.lost), 3),
        "its interval covers, %": round(100 * fmean(counts.level), 1),
        "width": round(fmean(counts.width), 2),
        "from below zero, %": round(100 * fmean(counts.below_zero), 1),
        "gain covers, %": round(100 * fmean(counts.gain), 1),
    }  # fmt: skip


def main() -> None:
    """Print a row for each kind of loss, span and noise."""
    report_rows(__doc__, "multiplied", itertools.product((True, False), SPANS, NOISES), row, 100)


if __name__ == "__main__":
    main()
