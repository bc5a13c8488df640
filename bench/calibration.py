"""Calibration of kouka's intervals, verdicts and ranking on simulated studies.

    python -m bench.calibration            # all of it, about 40 minutes on two cores
    python -m bench.calibration --quick    # a twentieth of the studies

Prints the tables of bench/README.md. The truths are those of `bench.truths`. A study is 8 to 128
runs of a design, and nine confirm runs, as earlier versions made by default.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

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

from bench.options import script_options
from bench.parallel import Job, measure
from bench.results import Row
from bench.truths import KINDS, Machine, Truth, article, names, ordered, simulate
from search.analysis import effects as effects_module
from search.analysis.effects import CERTAIN, Effects, effects
from search.analysis.t_distribution import quantile
from search.planning.design import fraction, possible_runs
from search.results import Run

TECHNIQUES = (7, 8, 10, 12)
RUNS = (16, 32, 64, 128)
HARDER = ((3, 8), (6, 16), (8, 16), (8, 32), (8, 64), (10, 32), (12, 32), (12, 64), (20, 64))
"""Techniques and runs of the studies that every kind of truth is tried on."""
LARGE_KINDS = ("equal", "unequal", "three fail to chance", "three lose 12 points")
"""Kinds of truth for more than 12 techniques, whose million recipes take a second a study."""
LARGE, LARGE_LOSS = 1.0, 0.025
"""Points, and nats of a log loss, from which an effect ought to be named."""
SAMPLERS: dict[str, Callable[..., optuna.samplers.BaseSampler]] = {
    "random": optuna.samplers.RandomSampler,
    "TPE": optuna.samplers.TPESampler,
}
EVALUATORS: dict[str, Callable[[], BaseImportanceEvaluator]] = {
    "fANOVA": lambda: FanovaImportanceEvaluator(seed=0),
    "MDI": lambda: MeanDecreaseImpurityImportanceEvaluator(seed=0),
    "PED-ANOVA": PedAnovaImportanceEvaluator,
}


@dataclass
class Coverage:
    """What many studies of one kind came to."""

    covered: int = 0
    intervals: int = 0
    width: float = 0.0
    wrong: int = 0
    studies: int = 0
    large: int = 0
    named: int = 0

    def add(self, found: Effects, machine: Machine) -> None:
        """Count one study."""
        false = False
        for effect in found.effects:
            true = machine.effects[int(effect.technique[1:])]
            certain = effect.verdict in CERTAIN
            self.covered += effect.low <= true <= effect.high
            self.width += (effect.high - effect.low) / 2
            self.intervals += 1
            false |= certain and true * effect.effect <= 0
            if abs(true) >= (LARGE_LOSS if machine.loss else LARGE):
                self.large += 1
                self.named += certain and true * effect.effect > 0
        self.wrong += false
        self.studies += 1

    def cells(self, of: str = "") -> Row:
        """Coverage, half-width and wrong verdicts as a row's cells."""
        return {
            f"coverage{of}, %": round(100 * self.covered / self.intervals, 1),
            f"half-width{of}, points": round(self.width / self.intervals, 2),
            f"wrong{of}, %": round(100 * self.wrong / self.studies, 1),
        }

    def power(self) -> float:
        """Percent of the effects of a point and more that are named with their sign."""
        return round(100 * self.named / self.large, 1)


def cover(techniques: int, runs: int, unequal: bool, studies: int) -> Row:
    """A row of the first table."""
    effects_module._DRAWS = 10  # the probabilities of ranks are not looked at here
    random = np.random.default_rng([techniques, runs, unequal])
    rows = np.where(fraction(techniques, runs), 1.0, -1.0)
    with_confirm, alone = Coverage(), Coverage()
    hc3 = 0
    for _ in range(studies):
        machine = KINDS["unequal" if unequal else "equal"](techniques, random)
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


def cover_kind(techniques: int, runs: int, kind: str, studies: int) -> Row:
    """A row of the table of harder truths."""
    effects_module._DRAWS = 10
    random = np.random.default_rng([techniques, runs, list(KINDS).index(kind)])
    rows = np.where(fraction(techniques, runs), 1.0, -1.0)
    coverage = Coverage()
    for _ in range(studies):
        machine = KINDS[kind](techniques, random)
        measured, confirmed = simulate(machine, ordered(machine, rows, random), random)
        found = effects(measured, names(techniques), confirmed, maximize=not machine.loss)
        assert found is not None
        coverage.add(found, machine)
    return {
        "truth": kind,
        "techniques": techniques,
        "runs": runs,
        **coverage.cells(),
        "named, %": coverage.power(),
    }


def covered_by_hc3(found: Effects, machine: Truth) -> int:
    """How many effects lie in the intervals that HC3 would have given; 0 where kouka, too, has no
    use for a sandwich, as the noise comes from repeated runs."""
    model, fitted = found.fit.model, found.fit
    if fitted.dof_from_repeats or fitted.dof_from_interactions:
        return 0
    variances = fitted.variances[:, 0] / np.maximum(model.room, 1e-9)
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
        machine = article(techniques, random)
        while not distinct(machine):
            machine = article(techniques, random)
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
        **{
            kind: sampled(machine, made(seed=seed), runs, random) for kind, made in SAMPLERS.items()
        },
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
    parser = script_options(__doc__)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the studies")
    parser.add_argument("--table", help="coverage, truths or ranking alone")
    parser.add_argument("--studies", type=int, default=1000, help="a row of the first table")
    parser.add_argument("--ranked", type=int, default=100, help="a row of the second table")
    given = parser.parse_args()
    share = 20 if given.quick else 1
    sizes = [(k, n) for k in TECHNIQUES for n in RUNS if n in possible_runs(k)]
    jobs: list[Job] = [
        (cover, (k, n, unequal, given.studies // share)) for k, n in sizes for unequal in (0, 1)
    ]
    harder: list[Job] = [
        (cover_kind, (k, n, kind, 2 * given.studies // 5 // share))
        for kind in KINDS
        for k, n in HARDER
        if not (kind.startswith("three") and k == 3) and (k <= 12 or kind in LARGE_KINDS)
    ]
    ranked: list[Job] = [
        (rank, (k, n, max(2, given.ranked // share))) for k, n in sizes if k in (8, 12)
    ]
    for table, rows in (("coverage", jobs), ("truths", harder), ("ranking", ranked)):
        if given.table in (None, table):
            measure(table, rows, 2, record=given.record)
            print()


if __name__ == "__main__":
    main()
