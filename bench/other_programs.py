"""Effects and recipes of studies that other programs made, whose trials no design planned.

    python -m bench.other_programs                 # about ten minutes on one core
    python -m bench.other_programs --studies 20    # a tenth of the studies

Prints a table of bench/README.md. A study turns six techniques on and off, and chooses one of three
optimizers, one of five numbers of layers, and a learning rate. Half of the techniques and one of
the two categories are worth nothing; the others are drawn, in each study anew, as is one
interaction. A recipe's loss is what the best recipe is worth above it, at the best learning rate,
where it has the one that is named with it, or on average over those tried.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np
import optuna

from bench.calibration import SAMPLERS
from bench.results import Row
from bench.simulating import report_rows
from search.analysis.drift import beside_drift
from search.analysis.effects import CERTAIN, effects_of
from search.analysis.recommendation import recommend
from search.storage.reading import read

TECHNIQUES = tuple("abcdef")
LEVELS: Mapping[str, tuple[Any, ...]] = {
    "optimizer": ("sgd", "adam", "lion"),
    "layers": (1, 2, 3, 4, 5),
}
OFF = {name: levels[0] for name, levels in LEVELS.items()}
TRIALS = (30, 60, 120)
NOISE = 1.0
"""Standard deviation of a trial, in points."""


@dataclass(frozen=True)
class Truth:
    """What each choice is worth, in points."""

    worth: Mapping[str, Mapping[Any, float]]
    interaction: float
    """What the first two techniques are worth together, beside what each is."""

    @classmethod
    def drawn(cls, numbers: np.random.Generator) -> Truth:
        """Draw a truth of which half is zero."""
        real = set(numbers.permutation(TECHNIQUES)[: len(TECHNIQUES) // 2].tolist())
        real.add(str(numbers.choice(list(LEVELS))))
        worth = {name: {False: 0.0, True: float(numbers.normal(0, 2)) * (name in real)}
                 for name in TECHNIQUES}  # fmt: skip
        for name, levels in LEVELS.items():
            drawn = numbers.normal(0, 1, len(levels)) * (name in real)
            worth[name] = dict(zip(levels, drawn.tolist(), strict=True))
        return cls(worth, float(numbers.normal(0, 1)))

    def of(self, params: Mapping[str, Any]) -> float:
        """The worth of a recipe; a technique that is not named is off."""
        chosen = sum(values[params.get(name, False)] for name, values in self.worth.items())
        both = params.get("a") is True and params.get("b") is True
        return chosen + self.interaction * both

    def at(self, params: Mapping[str, Any], rates: Sequence[float]) -> float:
        """The worth of a recipe at some learning rates, on average."""
        return self.of(params) - fmean((math.log10(rate) + 2.5) ** 2 for rate in rates)

    def effect(self, name: str, reference: Any, level: Any) -> float:
        """The effect of a choice, on average over all recipes."""
        between = self.worth[name][level] - self.worth[name][reference]
        return between + self.interaction / 2 * (name in ("a", "b"))

    @property
    def best(self) -> float:
        """The worth of the best recipe, at the best learning rate."""
        recipes = itertools.product(*self.worth.values())
        return max(self.of(dict(zip(self.worth, one, strict=True))) for one in recipes)


@dataclass
class Counts:
    """What the studies of a row came to."""

    held: list[bool] = field(default_factory=list)
    """Whether an interval held its effect."""
    wrong: list[bool] = field(default_factory=list)
    """Whether a study called some effect clear that is zero, or of the other sign."""
    gain: list[bool] = field(default_factory=list)
    recommended: list[float] = field(default_factory=list)
    """Losses, in points."""
    best_trial: list[float] = field(default_factory=list)


def simulated(truth: Truth, sampler: str, trials: int, seed: int) -> optuna.Study:
    """Run a study whose objective is the truth, with a learning rate and noise."""
    numbers = np.random.default_rng(seed)

    def objective(trial: optuna.Trial) -> float:
        params: dict[str, Any] = {
            name: trial.suggest_categorical(name, [False, True]) for name in TECHNIQUES
        }
        params["optimizer"] = trial.suggest_categorical("optimizer", LEVELS["optimizer"])
        params["layers"] = trial.suggest_int("layers", 1, 5)
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        return (70 + truth.at(params, [rate]) + numbers.normal(0, NOISE)) / 100

    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=trials)
    return study


def count(counts: Counts, truth: Truth, study: optuna.Study) -> None:
    """Count what is found in a study."""
    results = read(study)
    results, found = beside_drift(results, effects_of(results))
    recommended = recommend(results)
    assert found is not None
    assert recommended is not None
    wrong = False
    for one in found.effects:
        level = one.level
        true = (
            truth.effect(one.technique, False, True)
            if level is None
            else truth.effect(level.parameter, level.reference, level.level)
        )
        if not math.isnan(one.low):
            counts.held.append(one.low <= true <= one.high)
        wrong |= one.verdict in CERTAIN and not one.effect * true > 0
    counts.wrong.append(wrong)
    rates = [run.params["rate"] for run in results.of("measure")]
    named, first = (
        [one.best for one in numbers if one.number.name == "rate"] or rates
        for numbers in (
            recommended.best_numbers,
            recommended.reach.off_numbers if recommended.reach else (),
        )
    )
    tried = study.best_trial.params
    worth, best = truth.at({**OFF, **recommended.params}, named), truth.best
    counts.recommended.append(best - worth)
    counts.best_trial.append(best - truth.at(tried, [tried["rate"]]))
    if recommended.reach is not None:
        gain = recommended.reach.gain
        counts.gain.append(gain.low <= worth - truth.at(OFF, first) <= gain.high)


def row(sampler: str, trials: int, studies: int) -> Row:
    """Simulate the studies of a row."""
    counts = Counts()
    for seed in range(studies):
        truth = Truth.drawn(np.random.default_rng([seed, 1]))
        count(counts, truth, simulated(truth, sampler, trials, seed))
    return {
        "sampler": sampler, "trials": trials, "studies": studies,
        "coverage, %": round(100 * fmean(counts.held), 1),
        "some effect wrong, %": round(100 * fmean(counts.wrong), 1),
        "coverage of the gain, %": round(100 * fmean(counts.gain), 1),
        "loss of the recommended recipe, points": round(fmean(counts.recommended), 2),
        "loss of the best trial's, points": round(fmean(counts.best_trial), 2),
    }  # fmt: skip


def main() -> None:
    """Print a row for each sampler and number of trials."""
    report_rows(__doc__, "other_programs", itertools.product(SAMPLERS, TRIALS), row, 200)


if __name__ == "__main__":
    main()
