"""Effects in studies of other programs in which some trainings diverge.

    python -m bench.diverged                 # about ten minutes on one core
    python -m bench.diverged --studies 20    # a tenth of the studies

Prints a table of bench/README.md. A study turns four techniques on and off, and chooses one of
three optimizers and a learning rate. Two of the optimizers diverge at high rates, to what chance
gives; no technique has a part in that. Two of the techniques are worth nothing, the others are
drawn, in each study anew.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from statistics import fmean

import numpy as np
import optuna

from bench.calibration import SAMPLERS
from bench.results import Row
from bench.simulating import Judged, report_rows
from search.analysis.drift import beside_drift
from search.analysis.effects import effects_of
from search.analysis.far_runs import set_apart
from search.results import Results
from search.storage.reading import read

TECHNIQUES = tuple("abcd")
TRIALS = (40, 80)
HIGHEST = (0.02, 0.06)
"""Learning rates above which those optimizers diverge: in about one trial of seven of a random
sampler, and one of twenty."""
_BY_CHANCE = 10.0
"""Points that a training comes to which diverged."""


def drawn(numbers: np.random.Generator) -> dict[str, float]:
    """Draw what each technique is worth, in points, of which the noise of a trial is one."""
    real = numbers.permutation(TECHNIQUES)[: len(TECHNIQUES) // 2].tolist()
    return {name: float(numbers.normal(0, 2)) * (name in real) for name in TECHNIQUES}


def simulated(
    worth: Mapping[str, float], sampler: str, trials: int, highest: float, seed: int
) -> optuna.Study:
    """Run a study whose objective is what its choices are worth, but where it diverges."""
    numbers = np.random.default_rng(seed)

    def objective(trial: optuna.Trial) -> float:
        points = 80 + numbers.normal()
        for name in TECHNIQUES:
            points += worth[name] * trial.suggest_categorical(name, [False, True])
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        points -= (math.log10(rate) + 2.5) ** 2
        optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"])
        if optimizer != "sgd" and rate > highest:
            points = _BY_CHANCE + 0.1 * numbers.normal()
        return float(points) / 100

    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=trials)
    return study


def count(counts: Judged, worth: Mapping[str, float], results: Results) -> None:
    """Count what is found in a study."""
    _, found = beside_drift(results, effects_of(results))
    assert found is not None
    for name, true in worth.items():
        counts.add(found.of(name), true)


def row(sampler: str, trials: int, highest: float, studies: int) -> Row:
    """Simulate the studies of a row."""
    apart, together, diverged = Judged(), Judged(), []
    for seed in range(studies):
        worth = drawn(np.random.default_rng([seed, 1]))
        results = read(simulated(worth, sampler, trials, highest, seed))
        diverged += [run.scaled < 50 for run in results.runs]
        count(apart, worth, set_apart(results))
        count(together, worth, results)
    return {
        "sampler": sampler, "trials": trials, "diverge above": highest,
        "diverged, %": round(100 * fmean(diverged), 1),
        "coverage, %": round(100 * fmean(apart.held), 1),
        "rightly clear, %": round(100 * fmean(apart.clear), 1),
        "wrongly clear, %": round(100 * fmean(apart.wrong), 1),
        "were they counted: coverage, %": round(100 * fmean(together.held), 1),
        "rightly clear then, %": round(100 * fmean(together.clear), 1),
    }  # fmt: skip


def main() -> None:
    """Print a row for each sampler, number of trials and rate from which trainings diverge."""
    report_rows(
        __doc__, "diverged", itertools.product(("random", "TPE"), TRIALS, HIGHEST), row, 200
    )


if __name__ == "__main__":
    main()
