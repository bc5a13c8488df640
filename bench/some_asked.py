"""Effects of what only some trials were asked for, in studies that other programs made.

    python -m bench.some_asked                 # about ten minutes on one core
    python -m bench.some_asked --studies 20    # a tenth of the studies

Prints a table of bench/README.md. A study turns four techniques on and off, and chooses one of two
optimizers and a learning rate; one optimizer also has a momentum, a technique and a category of
three levels of its own. From the middle on, trials are asked for another technique and another
such category, and something that no parameter tells shifts them all. Half of what is chosen is
worth nothing; the rest is drawn, in each study anew.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Literal

import numpy as np
import optuna

from bench.calibration import SAMPLERS
from bench.options import script_options
from bench.results import Row, reporter
from bench.simulating import Judged
from search.analysis.drift import beside_drift
from search.analysis.effects import effects_of
from search.storage.reading import read

Asked = Literal["always", "with one optimizer", "from the middle on"]

OFF_ON = (False, True)
ACTIVATIONS, SCHEDULES = ("relu", "gelu", "silu"), ("none", "cosine", "step")
PARAMETERS: Mapping[Asked, Mapping[str, tuple[Any, ...]]] = {
    "always": dict.fromkeys("abcd", OFF_ON),
    "with one optimizer": {"nesterov": OFF_ON, "schedule": SCHEDULES},
    "from the middle on": {"mixup": OFF_ON, "activation": ACTIVATIONS},
}
TRIALS = (60, 120)
_REAL = 0.5
"""Chance of a parameter to be worth something."""


@dataclass
class Counts(Judged):
    """What the studies of a row came to, of what trials were asked for in one way."""

    known: list[bool] = field(default_factory=list)
    """Whether an effect has an interval."""


def drawn(numbers: np.random.Generator) -> dict[str, dict[Any, float]]:
    """Draw what each choice is worth, in points, of which the noise of a trial is one."""
    worth = {}
    for parameters in PARAMETERS.values():
        for name, choices in parameters.items():
            real = numbers.random() < _REAL
            values = [0.0, *numbers.normal(0, 2, len(choices) - 1) * real]
            worth[name] = dict(zip(choices, map(float, values), strict=True))
    return worth


def simulated(
    worth: Mapping[str, Mapping[Any, float]], sampler: str, trials: int, seed: int
) -> optuna.Study:
    """Run a study whose objective is what its choices are worth, with noise."""
    numbers = np.random.default_rng(seed)
    shift = numbers.normal(0, 2)

    def objective(trial: optuna.Trial) -> float:
        def chosen(asked: Asked) -> float:
            return sum(worth[name][trial.suggest_categorical(name, choices)]
                       for name, choices in PARAMETERS[asked].items())  # fmt: skip

        points = 70 + chosen("always") + numbers.normal()
        rate = math.log10(trial.suggest_float("rate", 1e-4, 1e-1, log=True))
        points -= (rate + 2.5) ** 2
        if trial.suggest_categorical("optimizer", ["adam", "sgd"]) == "sgd":
            points += 2 * trial.suggest_float("momentum", 0, 1) + chosen("with one optimizer")
        if trial.number >= trials // 2:
            points += shift + chosen("from the middle on")
        return float(points) / 100

    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=trials)
    return study


def count(
    counts: Mapping[Asked, Counts], worth: Mapping[str, Mapping[Any, float]], study: optuna.Study
) -> None:
    """Count what is found in a study."""
    results = read(study)
    _, found = beside_drift(results, effects_of(results))
    assert found is not None
    for asked, parameters in PARAMETERS.items():
        mine = counts[asked]
        for name, (_, *levels) in parameters.items():
            # The first level gives way to another as the reference where it was seldom tried.
            rows = [one for one in found.effects if one.parameter == name]
            known = [one for one in rows if not math.isnan(one.low)]
            mine.known += [at < len(known) for at in range(len(levels))]
            for one in known:
                reference, level = (
                    (one.level.reference, one.level.level) if one.level else (False, True)
                )
                mine.add(one, worth[name][level] - worth[name][reference])


def rows(sampler: str, trials: int, studies: int) -> list[Row]:
    """Simulate the studies of a sampler and a number of trials."""
    counts: dict[Asked, Counts] = {asked: Counts() for asked in PARAMETERS}
    for seed in range(studies):
        worth = drawn(np.random.default_rng([seed, 1]))
        count(counts, worth, simulated(worth, sampler, trials, seed))
    return [
        {
            "sampler": sampler, "trials": trials, "asked": asked,
            "with an interval, %": round(100 * fmean(one.known), 1),
            "coverage, %": round(100 * fmean(one.held), 1),
            "rightly clear, %": round(100 * fmean(one.clear), 1),
            "wrongly clear, %": round(100 * fmean(one.wrong), 1),
        }
        for asked, one in counts.items()
    ]  # fmt: skip


def main() -> None:
    """Print three rows for each sampler and number of trials."""
    options = script_options(__doc__)
    options.add_argument("--studies", type=int, default=200)
    chosen = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    report = reporter("some_asked", record=chosen.record)
    for sampler, trials in itertools.product(("random", "TPE"), TRIALS):
        for one in rows(sampler, trials, chosen.studies):
            report(one)


if __name__ == "__main__":
    main()
