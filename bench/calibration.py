"""Calibration of kouka's intervals, verdicts and ranking on simulated studies.

    python -m bench.calibration            # all of it, about 40 minutes on two cores
    python -m bench.calibration --quick    # a twentieth of the studies

Prints the tables of bench/README.md. Effects are those of the article's ladder, with sparse
interactions; accuracies are computed from them, so that the truth is known. A study is 16 to 128
runs of a design, and the confirm runs that kouka makes by default.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Protocol

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    MeanDecreaseImpurityImportanceEvaluator,
    PedAnovaImportanceEvaluator,
)
from optuna.trial import create_trial

from bench.results import Row, reporter
from search.analysis import effects as effects_module
from search.analysis.effects import Effects, effects
from search.analysis.t_distribution import quantile
from search.planning.design import fraction, possible_runs
from search.results import Run

TECHNIQUES = (7, 8, 10, 12)
RUNS = (16, 32, 64, 128)
NOISES = (0.2, 0.5, 1.0)
ARTICLE = (13.21, 5.15, -1.53, 0.73, 0.0, 0.24, 0.26)
"""Points; the article's steps, with dropout's +0.02 as an effect of exactly none."""
MORE = (0.0, 0.5, -1.0, 2.0)
"""From which the effects of an eighth technique and more are drawn."""
SEEDS = 3
"""Of each confirmed recipe, as `--confirm` has it."""
EVALUATORS: dict[str, Callable[[], BaseImportanceEvaluator]] = {
    "fANOVA": lambda: FanovaImportanceEvaluator(seed=0),
    "MDI": lambda: MeanDecreaseImpurityImportanceEvaluator(seed=0),
    "PED-ANOVA": PedAnovaImportanceEvaluator,
}


class Machine(Protocol):
    """Whatever trains recipes, given as ±1 for each technique."""

    @property
    def effects(self) -> np.ndarray:
        """The true effects, in points."""

    def value(self, recipe: np.ndarray, random: np.random.Generator) -> float:
        """One run's percent."""


@dataclass(frozen=True)
class Truth:
    """A simulated machine: what recipes are worth in points, and how much a seed changes."""

    effects: np.ndarray
    pairs: np.ndarray
    """(techniques, techniques), above the diagonal: interaction indices in points."""
    noise: float
    noisy: int | None
    """A technique that multiplies the noise by 2/3 where it is on and 4/3 where it is off."""

    def mean(self, recipe: np.ndarray) -> float:
        """Percent, of a recipe as ±1."""
        return float(60 + self.effects @ recipe / 2 + recipe @ self.pairs @ recipe / 4)

    def value(self, recipe: np.ndarray, random: np.random.Generator) -> float:
        """One run's percent."""
        scale = 1.0 if self.noisy is None else 1 - recipe[self.noisy] / 3
        return self.mean(recipe) + self.noise * scale * float(random.standard_normal())


def truth(techniques: int, unequal: bool, random: np.random.Generator) -> Truth:
    """Effects in the article's order; three pairs in ten interact, by one point or so."""
    extra = random.choice(MORE, max(0, techniques - len(ARTICLE)))
    pairs = np.triu(random.normal(0, 1, (techniques, techniques)), 1)
    pairs *= random.random(pairs.shape) < 0.3
    noisy = int(random.integers(techniques)) if unequal else None
    return Truth(np.array([*ARTICLE, *extra]), pairs, float(random.choice(NOISES)), noisy)


def names(techniques: int) -> list[str]:
    """t0, t1, …"""
    return [f"t{index}" for index in range(techniques)]


def run(recipe: np.ndarray, percent: float, phase: str = "measure") -> Run:
    """A complete run as kouka reads it."""
    on = frozenset(name for name, x in zip(names(len(recipe)), recipe, strict=True) if x > 0)
    return Run(0, phase, "complete", {}, on, percent / 100)


def simulate(
    machine: Machine, rows: np.ndarray, random: np.random.Generator
) -> tuple[list[Run], list[list[Run]]]:
    """The measured runs, and the confirm runs: the best of them, all off and all on."""
    values = [machine.value(row, random) for row in rows]
    best, ends = rows[int(np.argmax(values))], np.ones(rows.shape[1])
    confirmed = [
        [run(recipe, machine.value(recipe, random), "confirm") for _ in range(SEEDS)]
        for recipe in (best, -ends, ends)
    ]
    return [run(row, value) for row, value in zip(rows, values, strict=True)], confirmed


@dataclass
class Coverage:
    """What many studies of one kind came to."""

    covered: int = 0
    intervals: int = 0
    width: float = 0.0
    wrong: int = 0
    studies: int = 0

    def add(self, found: Effects, machine: Truth) -> None:
        """Count one study."""
        false = False
        for effect in found.effects:
            true = machine.effects[int(effect.technique[1:])]
            self.covered += effect.low <= true <= effect.high
            self.width += (effect.high - effect.low) / 2
            self.intervals += 1
            false |= true == 0 and effect.verdict in ("helps", "hurts")
        self.wrong += false
        self.studies += 1

    def cells(self, of: str = "") -> Row:
        """Coverage, half-width and wrong verdicts as a row's cells."""
        return {
            f"coverage{of}, %": round(100 * self.covered / self.intervals, 1),
            f"half-width{of}, points": round(self.width / self.intervals, 2),
            f"wrong for a null{of}, %": round(100 * self.wrong / self.studies, 1),
        }


def cover(techniques: int, runs: int, unequal: bool, studies: int) -> Row:
    """A row of the first table."""
    effects_module._DRAWS = 10  # the probabilities of ranks are not looked at here
    random = np.random.default_rng([techniques, runs, unequal])
    rows = np.where(fraction(techniques, runs), 1.0, -1.0)
    with_confirm, alone = Coverage(), Coverage()
    hc3 = 0
    for _ in range(studies):
        machine = truth(techniques, unequal, random)
        measured, confirmed = simulate(machine, rows, random)
        for coverage, repeats in ((with_confirm, confirmed), (alone, [])):
            found = effects(measured, names(techniques), repeats)
            assert found is not None
            coverage.add(found, machine)
            if repeats:
                hc3 += covered_by_hc3(found, machine)
    return {
        "techniques": techniques,
        "runs": runs,
        "noise": "unequal" if unequal else "equal",
        **with_confirm.cells(),
        **alone.cells(of=", no confirm"),
        "coverage by HC3, %": round(100 * hc3 / with_confirm.intervals, 1) if hc3 else None,
    }


def covered_by_hc3(found: Effects, machine: Truth) -> int:
    """How many effects lie in the intervals that HC3 would have given; 0 where kouka, too, has no
    use for a sandwich, as the noise comes from repeated runs."""
    model, fitted = found.fit.model, found.fit
    leverage = np.einsum("ij,ji->i", model.columns, model.inverse)
    if fitted.dof_from_repeats:
        return 0
    variances = fitted.variances[:, 0] / np.maximum(1 - leverage, 1e-9)
    inside = 0
    for effect in found.effects:
        weights = model.technique_contrast(effect.technique) @ model.inverse
        half = quantile(fitted.dof) * math.sqrt(weights**2 @ variances)
        inside += abs(effect.effect - machine.effects[int(effect.technique[1:])]) <= half
    return inside


def largest_three(values: np.ndarray) -> frozenset[int]:
    """The places of the three largest by size."""
    return frozenset(int(place) for place in np.argsort(-np.abs(values))[:3])


def distinct(machine: Truth) -> bool:
    """Whether the third largest effect is clear of the fourth, so that a top three exists."""
    sizes = np.sort(np.abs(machine.effects))[::-1]
    return bool(sizes[2] - sizes[3] >= 0.4)


def rank(techniques: int, runs: int, studies: int) -> Row:
    """A row of the second table: how often each method's top three are the true ones."""
    effects_module._DRAWS = 10
    random = np.random.default_rng([techniques, runs, 2])
    rows = np.where(fraction(techniques, runs), 1.0, -1.0)
    right: dict[str, int] = {}
    for study in range(studies):
        machine = truth(techniques, False, random)
        while not distinct(machine):
            machine = truth(techniques, False, random)
        true = largest_three(machine.effects)
        for method, found in guesses(machine, rows, random, study):
            right[method] = right.get(method, 0) + (found == true)
    shares = {f"{method}, %": round(100 * count / studies) for method, count in right.items()}
    return {"techniques": techniques, "runs": runs, **shares}


def guesses(
    machine: Truth, rows: np.ndarray, random: np.random.Generator, seed: int
) -> Iterator[tuple[str, frozenset[int]]]:
    """The top three by kouka, by Optuna's evaluators over three kinds of trials, by the ladder."""
    runs, techniques = rows.shape
    measured, confirmed = simulate(machine, rows, random)
    found = effects(measured, names(techniques), confirmed)
    assert found is not None
    yield "kouka", frozenset(int(effect.technique[1:]) for effect in found.effects[:3])
    studies = {
        "factorial": as_trials(measured, techniques),
        "random": sampled(machine, optuna.samplers.RandomSampler(seed=seed), runs, random),
        "TPE": sampled(machine, optuna.samplers.TPESampler(seed=seed), runs, random),
    }
    for kind, study in studies.items():
        for name, evaluator in EVALUATORS.items():
            shares = optuna.importance.get_param_importances(study, evaluator=evaluator())
            yield f"{name}, {kind}", frozenset(int(one[1:]) for one in list(shares)[:3])
    yield "ladder once", largest_three(climb(machine, 1, random))
    repeats = max(1, runs // (techniques + 1))
    yield "ladder, same runs", largest_three(climb(machine, repeats, random))


def as_trials(measured: list[Run], techniques: int) -> optuna.Study:
    """A study of the very runs that kouka is given."""
    study = optuna.create_study(direction="maximize")
    space: dict[str, BaseDistribution] = {
        name: CategoricalDistribution([False, True]) for name in names(techniques)
    }
    for one in measured:
        params = {name: name in one.on for name in space}
        study.add_trial(create_trial(params=params, distributions=space, value=one.scaled))
    return study


def sampled(
    machine: Machine, sampler: optuna.samplers.BaseSampler, runs: int, random: np.random.Generator
) -> optuna.Study:
    """A study of so many trials whose recipes a sampler chose."""
    study = optuna.create_study(direction="maximize", sampler=sampler)

    def objective(trial: optuna.Trial) -> float:
        on = [
            trial.suggest_categorical(name, [False, True]) for name in names(len(machine.effects))
        ]
        return machine.value(np.where(on, 1.0, -1.0), random)

    study.optimize(objective, n_trials=runs)
    return study


def climb(machine: Machine, repeats: int, random: np.random.Generator) -> np.ndarray:
    """The ladder's steps, in the article's order, each the mean of so many runs."""
    recipe = -np.ones(len(machine.effects))
    heights = []
    for place in range(-1, len(recipe)):
        if place >= 0:
            recipe[place] = 1
        heights.append(np.mean([machine.value(recipe, random) for _ in range(repeats)]))
    return np.diff(heights)


def main() -> None:
    """Print both tables, two processes at work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the studies")
    parser.add_argument("--studies", type=int, default=1000, help="a row of the first table")
    parser.add_argument("--ranked", type=int, default=100, help="a row of the second table")
    parser.add_argument("--record", action="store_true", help="keep the rows in bench/measured")
    given = parser.parse_args()
    share = 20 if given.quick else 1
    sizes = [(k, n) for k in TECHNIQUES for n in RUNS if n in possible_runs(k)]
    jobs: list[tuple[Callable[..., Row], tuple[Any, ...]]] = [
        (cover, (k, n, unequal, given.studies // share)) for k, n in sizes for unequal in (0, 1)
    ]
    ranked = [(rank, (k, n, max(2, given.ranked // share))) for k, n in sizes if k in (8, 12)]
    with get_context("spawn").Pool(2) as pool:
        for table, rows in (("coverage", jobs), ("ranking", ranked)):
            report = reporter(table, record=given.record)
            for row in pool.imap(_call, rows):
                report(row)
            print()


def _call(job: tuple[Callable[..., Row], tuple[Any, ...]]) -> Row:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    function, arguments = job
    return function(*arguments)


if __name__ == "__main__":
    main()
