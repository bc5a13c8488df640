"""Where numbers are best in studies of other programs.

    python -m bench.numbers                 # about fifteen minutes on one core
    python -m bench.numbers --studies 20    # a fifth of the studies

Prints a table of bench/README.md. A study chooses three numbers between 0 and 1 and turns three
techniques on and off, one of which is worth something. The objective depends on the first number by
one of five curves and on the second by a hill, and not on the third.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from statistics import fmean

import numpy as np
import optuna

from bench.calibration import SAMPLERS
from bench.results import Row
from bench.simulating import report_rows
from search.analysis.effects import effects_of
from search.analysis.number_curves import number_curves
from search.storage.reading import read

CURVES: Mapping[str, Callable[[float], float]] = {
    "hill": lambda at: -8 * (at - 0.6) ** 2,
    "line": lambda at: 3 * at,
    "saturates": lambda at: 3 * (1 - math.exp(-6 * at)),
    "kink": lambda at: 2 * at - 30 * max(0.0, at - 0.8),
    "narrow": lambda at: 3 * math.exp(-(((at - 0.65) / 0.1) ** 2)),
}
"""Points by the value of a number; the noise of a trial is half a point."""
SIZES = (("random", 30), ("random", 60), ("TPE", 60), ("TPE", 150))


def simulated(curve: str, sampler: str, trials: int, seed: int) -> optuna.Study:
    """Run a study of which the objective depends on its first number by that curve."""
    numbers = np.random.default_rng(seed)

    def objective(trial: optuna.Trial) -> float:
        points = 70 + CURVES[curve](trial.suggest_float("first", 0, 1)) + numbers.normal(0, 0.5)
        points -= 2 * (trial.suggest_float("second", 0, 1) - 0.3) ** 2
        trial.suggest_float("third", 0, 1)
        points += 0.8 * trial.suggest_categorical("a", [False, True])
        for name in ("b", "c"):
            trial.suggest_categorical(name, [False, True])
        return float(points) / 100

    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=trials)
    return study


def row(curve: str, sampler: str, trials: int, studies: int) -> Row:
    """Simulate the studies of a row."""
    found, held, gains, widths, lost, wrong = [], [], [], [], [], []
    true = CURVES[curve]
    for seed in range(studies):
        results = read(simulated(curve, sampler, trials, seed))
        effects = effects_of(results)
        assert effects is not None
        curves = {one.number.name: one for one in number_curves(results, effects.fit)}
        first = curves["first"]
        best = max(first.values, key=true)
        found.append(first.matters)
        held.append(first.best_low <= best <= first.best_high)
        widths.append(first.best_high - first.best_low)
        gain = true(first.best) - true(first.worst)
        gains.append(first.gain.low <= gain <= first.gain.high)
        lost.append(true(best) - true(first.best))
        wrong.append(curves["third"].matters)
    return {
        "curve": curve, "sampler": sampler, "trials": trials,
        "found to matter, %": round(100 * fmean(found), 1),
        "best value in its interval, %": round(100 * fmean(held), 1),
        "its width": round(fmean(widths), 2),
        "gain in its interval, %": round(100 * fmean(gains), 1),
        "lost at the best value named": round(fmean(lost), 2),
        "wrongly clear, %": round(100 * fmean(wrong), 1),
    }  # fmt: skip


def main() -> None:
    """Print a row for each curve, sampler and number of trials."""
    cases = ((curve, *size) for curve, size in itertools.product(CURVES, SIZES))
    report_rows(__doc__, "numbers", cases, row, 100)


if __name__ == "__main__":
    main()
