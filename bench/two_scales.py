"""Effects near a ceiling, and of techniques that multiply a loss, in studies of other programs.

    python -m bench.two_scales                 # about ten minutes on one core
    python -m bench.two_scales --studies 20    # a fifth of the studies

Prints a table of bench/README.md. A study turns six techniques on and off, and chooses a learning
rate. They add up on the logit of an accuracy around 97 %, on the logarithm of a loss, or in points.
Three techniques are worth nothing, the others are drawn, in each study anew. The true effects are
those in the objective's unit, in the mean over all recipes at the learning rates of the trials.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from statistics import fmean, median

import numpy as np
import optuna
from optuna.study import StudyDirection

from bench.calibration import SAMPLERS
from bench.results import Row
from bench.simulating import Judged, report_rows
from search.analysis.both_scales import on_both_scales
from search.analysis.effects import effects_of
from search.storage.reading import read

NAMES = tuple("abcdef")
RECIPES = np.array(list(itertools.product((0.0, 1.0), repeat=len(NAMES))))
TRIALS = (60, 120)


def _accuracy(logit: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logit)))


def _points(sum_: np.ndarray) -> np.ndarray:
    return np.asarray(0.8 + sum_ / 100)


SCALES: Mapping[str, tuple[Callable[[np.ndarray], np.ndarray], float, StudyDirection]] = {
    "an accuracy's logit": (_accuracy, math.log(0.97 / 0.03), StudyDirection.MAXIMIZE),
    "a loss's logarithm": (np.exp, 0.0, StudyDirection.MINIMIZE),
    "points": (_points, 0.0, StudyDirection.MAXIMIZE),
}
"""What makes values of sums, the middle of these, and the direction."""
NOISE = 0.15
"""Standard deviation of a trial, on the scale; a technique's is 0.7."""


def at_rate(rate: float | np.ndarray) -> np.ndarray:
    """What a learning rate takes away, on the scale, with which 0.003 is best."""
    return np.asarray(-0.3 * (np.log10(rate) + 2.5) ** 2)


def simulated(scale: str, sampler: str, trials: int, seed: int) -> tuple[optuna.Study, list[float]]:
    """Run a study, and compute the true effects."""
    value_of, middle, direction = SCALES[scale]
    random = np.random.default_rng(seed)
    worth = random.normal(0, 0.7, len(NAMES)) * (np.arange(len(NAMES)) % 2)
    base = middle - worth.sum() / 2
    sign = 1 if direction == StudyDirection.MAXIMIZE else -1

    def objective(trial: optuna.Trial) -> float:
        on = [trial.suggest_categorical(name, [False, True]) for name in NAMES]
        beside = sign * at_rate(trial.suggest_float("rate", 1e-4, 1e-1, log=True))
        return float(value_of(base + worth @ on + beside + NOISE * random.normal()))

    study = optuna.create_study(direction=direction, sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=trials)
    rates = np.array([trial.params["rate"] for trial in study.trials])
    sums = base + (RECIPES @ worth)[:, np.newaxis] + sign * at_rate(rates)
    values = value_of(sums).mean(axis=1)
    return study, [fmean(values[side > 0]) - fmean(values[side == 0]) for side in RECIPES.T]


def row(scale: str, sampler: str, trials: int, studies: int) -> Row:
    """Simulate the studies of a row."""
    both, alone, wider = Judged(), Judged(), []
    for seed in range(studies):
        study, true = simulated(scale, sampler, trials, seed)
        results = read(study)
        plain = effects_of(results)
        found = on_both_scales(results, plain)
        assert plain is not None
        assert found is not None
        for name, worth in zip(NAMES, true, strict=True):
            before, after = plain.of(name), found.of(name)
            in_unit = worth * results.runs[0].scale
            if not abs(in_unit) > 1e-9:
                in_unit = 0.0
            alone.add(before, in_unit)
            both.add(after, in_unit)
            wider.append((after.high - after.low) / (before.high - before.low))
    return {
        "add up in": scale, "sampler": sampler, "trials": trials,
        "coverage, %": round(100 * fmean(both.held), 1),
        "rightly clear, %": round(100 * fmean(both.clear), 1),
        "wrongly clear, %": round(100 * fmean(both.wrong), 1),
        "width": round(median(wider), 2),
        "in the unit alone: coverage, %": round(100 * fmean(alone.held), 1),
        "rightly clear then, %": round(100 * fmean(alone.clear), 1),
        "wrongly clear then, %": round(100 * fmean(alone.wrong), 1),
    }  # fmt: skip


def main() -> None:
    """Print a row for each scale, sampler and number of trials."""
    report_rows(__doc__, "two_scales", itertools.product(SCALES, SAMPLERS, TRIALS), row, 100)


if __name__ == "__main__":
    main()
