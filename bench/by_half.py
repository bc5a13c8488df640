"""Effects that differ between the halves of a number, in studies that other programs made.

    python -m bench.by_half                 # about twenty minutes on one core
    python -m bench.by_half --studies 20    # a tenth of the studies

Prints a table of bench/README.md. A study turns six techniques on and off, and chooses a learning
rate and a weight decay. Half of the techniques have an effect. That of one technique is another at
the learning rates above the middle of their range, unless none is; the weight decay changes none.
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
from search.analysis.by_half import effects_by_half
from search.analysis.drift import beside_drift
from search.analysis.effects import effects_of
from search.storage.reading import read

TECHNIQUES = tuple("abcdef")
TRIALS = (40, 80, 160)
CHANGES = (0.0, 2.0, 4.0)
"""What the effect of the first technique changes by, in the standard deviation of a trial."""
_REAL = 0.5
"""Share of techniques that have an effect."""
_MIDDLE = -2.5
"""Of the logarithm of the learning rate."""


@dataclass
class Counts:
    """What the studies of a row came to."""

    found: list[bool] = field(default_factory=list)
    """Whether a study names the technique whose effect changes, for the learning rate."""
    wrong: list[bool] = field(default_factory=list)
    """Whether it names another one, or one for the weight decay."""


def simulated(
    effects: np.ndarray, change: float, sampler: str, trials: int, seed: int
) -> optuna.Study:
    """Run a study whose techniques have these effects, (techniques,), in points, with noise."""
    numbers = np.random.default_rng(seed)

    def objective(trial: optuna.Trial) -> float:
        on = [trial.suggest_categorical(name, [False, True]) for name in TECHNIQUES]
        rate = math.log10(trial.suggest_float("rate", 1e-4, 1e-1, log=True))
        decay = trial.suggest_float("decay", 0, 1)
        points = 70 + effects @ on - (rate - _MIDDLE) ** 2 - decay + numbers.normal()
        return float(points + change * (on[0] and rate > _MIDDLE)) / 100

    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=trials)
    return study


def count(counts: Counts, study: optuna.Study) -> None:
    """Count what is found in a study."""
    results = read(study)
    results, effects = beside_drift(results, effects_of(results))
    named = {(row.technique, row.factor) for row in effects_by_half(results, effects)}
    true = (TECHNIQUES[0], "rate")
    counts.found.append(true in named)
    counts.wrong.append(bool(named - {true}))


def row(sampler: str, trials: int, change: float, studies: int) -> Row:
    """Simulate the studies of a row; where nothing changes all that is named is wrong."""
    counts = Counts()
    for seed in range(studies):
        numbers = np.random.default_rng([seed, 1])
        effects = numbers.normal(0, 2, len(TECHNIQUES)) * (numbers.random(len(TECHNIQUES)) < _REAL)
        count(counts, simulated(effects, change, sampler, trials, seed))
    wrong = [one or (found and not change)
             for one, found in zip(counts.wrong, counts.found, strict=True)]  # fmt: skip
    return {
        "sampler": sampler, "trials": trials, "change, sigmas": change,
        "change found, %": round(100 * fmean(counts.found), 1) if change else None,
        "studies with a wrong one, %": round(100 * fmean(wrong), 1),
    }  # fmt: skip


def main() -> None:
    """Print a row for each sampler, number of trials and change."""
    report_rows(__doc__, "by_half", itertools.product(("random", "TPE"), TRIALS, CHANGES), row, 200)


if __name__ == "__main__":
    main()
