"""Effects in studies of other programs whose best learning rate depends on the optimizer.

    python -m bench.moved_rates                 # about five minutes on one core
    python -m bench.moved_rates --studies 20    # a fifth of the studies

Prints a table of bench/README.md. A study chooses one of three optimizers, a learning rate and a
decay, and turns three techniques on and off, of which two are worth a point. The best learning
rates of two optimizers are some decades above that of the third, and one technique moves them. What
a recipe loses is beside the best one, at the learning rate that is named with it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from statistics import fmean, median

import numpy as np
import optuna

from bench.calibration import SAMPLERS
from bench.results import Row
from bench.simulating import report_rows
from search.analysis.effects import CERTAIN, Effect, effects_of
from search.analysis.fit import fit
from search.analysis.recommendation import recommend
from search.storage.reading import read

OPTIMIZERS = {"sgd": 0.5, "adam": -0.5, "lion": -0.5}
"""Where the best learning rate of each is, in the decades that they are apart."""
TECHNIQUES = {"bn": 1.0, "aug": 1.0, "mix": 0.0}
"""Points; the first moves the best learning rate half as far as the optimizers do."""
DECADES = (0.0, 1.0, 2.0)
NOISE = 0.5
"""Standard deviation of a trial, in points."""
CURVE = 2.0
"""Points lost one decade away from the best learning rate."""


@dataclass(frozen=True)
class Truth:
    """What a recipe comes to, in points, by the decades between the best learning rates."""

    apart: float

    def of(self, rate: np.ndarray | float, optimizer: str, on: dict[str, bool]) -> np.ndarray:
        """The points at a learning rate, given as the decades above the middle of its range."""
        best = self.apart * (OPTIMIZERS[optimizer] + 0.25 * on["bn"])
        worth = sum(points * on[name] for name, points in TECHNIQUES.items())
        return np.asarray(90 + worth - CURVE * (rate - best) ** 2)

    def effect(self, row: Effect, rates: np.ndarray, optimizers: list[str]) -> float:
        """The mean effect over the learning rates and the optimizers of the trials."""
        recipes = [
            dict(zip(TECHNIQUES, on, strict=True))
            for on in itertools.product((False, True), repeat=len(TECHNIQUES))
        ]
        if row.level is not None:
            ends = row.level.reference, row.level.level
            off, on = (np.mean([self.of(rates, str(end), one) for one in recipes]) for end in ends)
        else:
            off, on = (
                np.mean([
                    self.of(rates, optimizer, {**one, row.technique: bool(side)})
                    for one in recipes for optimizer in optimizers
                ])
                for side in (0, 1)
            )  # fmt: skip
        return float(on - off)


def simulated(truth: Truth, sampler: str, trials: int, seed: int) -> optuna.Study:
    """Run a study of which the objective is the truth, with noise."""
    numbers = np.random.default_rng(seed)

    def objective(trial: optuna.Trial) -> float:
        rate = _decades(trial.suggest_float("rate", 1e-4, 1, log=True))
        optimizer = trial.suggest_categorical("optimizer", list(OPTIMIZERS))
        on = {name: trial.suggest_categorical(name, [False, True]) for name in TECHNIQUES}
        trial.suggest_float("decay", 1e-6, 1e-2, log=True)
        return float(truth.of(rate, optimizer, on) + numbers.normal(0, NOISE)) / 100

    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[sampler](seed=seed))
    study.optimize(objective, n_trials=trials)
    return study


def _decades(rate: float) -> float:
    """The decades of a learning rate above the middle of its range."""
    return math.log10(rate) + 2


def row(sampler: str, trials: int, apart: float, studies: int) -> Row:
    """Simulate the studies of a row."""
    truth = Truth(apart)
    best = 90 + sum(TECHNIQUES.values())
    held, half, as_noise, wrong, lost, by_trial, reached = [], [], [], [], [], [], []
    for seed in range(studies):
        study = simulated(truth, sampler, trials, seed)
        results = read(study)
        found, recommended = effects_of(results), recommend(results)
        assert found is not None
        assert recommended is not None
        runs = results.of("measure")
        rates = np.array([_decades(run.params["rate"]) for run in runs])
        optimizers = [run.params["optimizer"] for run in runs]
        values = np.array([[run.scaled] for run in runs])
        without = fit(replace(found.fit.model, products={}), values)
        for one in found.effects:
            true = truth.effect(one, rates, optimizers)
            held.append(one.low <= true <= one.high)
            half.append((one.high - one.low) / 2)
            plain = without.interval(found.fit.model.technique_contrast(one.technique))
            as_noise.append((plain.high - plain.low) / 2)
        wrong.append(found.of("mix").verdict in CERTAIN)
        named = [_decades(one.best) for one in recommended.best_numbers
                 if one.number.name == "rate"]  # fmt: skip
        recipe = {name: recommended.params.get(name, False) for name in TECHNIQUES}
        optimizer = recommended.params["optimizer"]
        worth = float(np.mean(truth.of(np.array(named or rates), optimizer, recipe)))
        lost.append(best - worth)
        tried = study.best_trial.params
        by_trial.append(best - float(truth.of(_decades(tried["rate"]), tried["optimizer"], tried)))
        assert recommended.reach is not None
        predicted = recommended.reach.recommended
        reached.append(predicted.low <= worth <= predicted.high)
    return {
        "sampler": sampler, "trials": trials, "decades apart": apart,
        "coverage, %": round(100 * fmean(held), 1),
        "half width, points": round(median(half), 2),
        "were that noise": round(median(as_noise), 2),
        "wrongly clear, %": round(100 * fmean(wrong), 1),
        "lost by the recommended recipe, points": round(fmean(lost), 2),
        "lost by the best trial's, points": round(fmean(by_trial), 2),
        "its prediction holds, %": round(100 * fmean(reached), 1),
    }  # fmt: skip


def main() -> None:
    """Print a row for each sampler, number of trials and distance."""
    cases = itertools.product(("random", "TPE"), (40, 100), DECADES)
    report_rows(__doc__, "moved_rates", cases, row, 100)


if __name__ == "__main__":
    main()
