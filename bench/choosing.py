"""Which recipe comes out of as many epochs: kouka's, or that of what people would use.

    python -m bench.choosing        # some minutes, from the runs in bench/runs/

The runs are those of `bench.budgets`: a table of real runs of all recipes of eight techniques,
three seeds each, so that every side may train whatever it asks for, with a seed drawn at random.
Every side spends as many epochs; long runs are of 12. The recipe that it ends with is judged by the
seed that it could not draw, each in turn: else whoever trains a recipe often would be judged by the
luck that he chose it for. In every study the techniques bear each other's names, drawn at random,
so that no side is lucky in which recipes its design holds. A rival begins its last trial as long as
any epoch is left, and ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import fmean, stdev
from typing import Any

import numpy as np
import optuna

from bench.budgets import SEEDS, SPACE, TABLES, Trained, Way, study
from bench.options import script_options
from bench.results import Row, reporter
from bench.table import EPOCHS, NAMES
from search.analysis.recommendation import candidates, recommend
from search.planning.phases import PLANS
from search.planning.phases.confirm import CANDIDATES, ENDS
from search.planning.phases.plan import Planned
from search.planning.requested import Requested
from search.planning.time_plan import Timing, plan_for
from search.results import Candidates

SPENT = (300, 400, 800)
"""Epochs of all of a side's runs."""
RECIPES = CANDIDATES + len(ENDS)


def kouka(trained: Trained, spent: int, seed: int) -> frozenset[str]:
    """Choose as `launch --time` does where all runs are long: a design, then confirm runs."""
    asked = Requested(epochs=EPOCHS, search=0, verify=0)
    planned = plan_for(spent, Timing(1, 1, 0, 1), len(NAMES), asked)
    results = study(trained, Way(planned.measure, EPOCHS), seed)
    seeds = (spent - planned.measure * EPOCHS) // (RECIPES * EPOCHS)
    assert results.settings is not None
    settings = replace(results.settings, confirm=seeds)
    chosen = Candidates(settings.measure, 0, tuple(candidates(results)), settings.verify)
    results = replace(results, settings=settings, candidates=chosen)
    random = np.random.default_rng([seed, 1])
    plan = PLANS["confirm"](settings, SPACE, results)
    first = len(results.runs)
    new = [trained.train(one, EPOCHS, first + at, random) for at, one in enumerate(plan)]
    found = recommend(replace(results, runs=(*results.runs, *new)))
    assert found is not None
    return found.on


def by_optuna(
    sampler: Callable[[int], optuna.samplers.BaseSampler],
    pruner: Callable[[], optuna.pruners.BasePruner],
) -> Callable[[Trained, int, int], frozenset[str]]:
    """Make a rival: an Optuna study, whose best trial it ends with."""

    def choose(trained: Trained, spent: int, seed: int) -> frozenset[str]:
        random = np.random.default_rng(seed)
        done = 0

        def objective(trial: optuna.Trial) -> float:
            nonlocal done
            params: dict[str, Any] = {
                name: trial.suggest_categorical(name, [False, True]) for name in NAMES
            }
            run = trained.train(Planned("search", 0, params), EPOCHS, trial.number, random)
            for epoch, accuracy in run.curve.items():
                done += 1
                trial.report(accuracy, epoch)
                if epoch < EPOCHS and trial.should_prune():
                    raise optuna.TrialPruned
                if done >= spent:
                    trial.study.stop()
            return accuracy

        found = optuna.create_study(direction="maximize", sampler=sampler(seed), pruner=pruner())
        found.optimize(objective, n_trials=spent)
        return frozenset(name for name, is_on in found.best_params.items() if is_on)

    return choose


def hyperband() -> optuna.pruners.BasePruner:
    """Make Optuna's Hyperband for runs of so many epochs."""
    return optuna.pruners.HyperbandPruner(1, EPOCHS, 3)


SIDES: dict[str, Callable[[Trained, int, int], frozenset[str]]] = {
    "kouka": kouka,
    "Optuna: TPE, median pruner": by_optuna(
        lambda seed: optuna.samplers.TPESampler(seed=seed), optuna.pruners.MedianPruner
    ),
    "Optuna: TPE, Hyperband": by_optuna(
        lambda seed: optuna.samplers.TPESampler(seed=seed), hyperband
    ),
    "random search": by_optuna(
        lambda seed: optuna.samplers.RandomSampler(seed=seed), optuna.pruners.NopPruner
    ),
    "everything on": lambda trained, spent, seed: frozenset(NAMES),
    "nothing on": lambda trained, spent, seed: frozenset(),
}


def measure(images: int, spent: int, side: str, studies: int) -> Row:
    """Measure one side on one table."""
    tables = [Trained(images, judge) for judge in range(SEEDS)]
    found = []
    for seed in range(studies):
        table = tables[seed % SEEDS].relabelled(np.random.default_rng([seed, 2]))
        found.append(table.truth[SIDES[side](table, spent, seed)])
    return {
        "training images": images,
        "epochs": spent,
        "who chooses": side,
        "studies": studies,
        "accuracy, %": round(fmean(found), 2),
        "± of the mean": round(1.96 * stdev(found) / studies**0.5, 2),
        "worst in twenty, %": round(float(np.quantile(found, 0.05)), 2),
    }


def main() -> None:
    """Print a row for each table, number of epochs and side."""
    options = script_options(__doc__)
    options.add_argument("--studies", type=int, default=200)
    chosen = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    report = reporter("choosing", record=chosen.record)
    for images in TABLES:
        for spent in SPENT:
            for side in SIDES:
                report(measure(images, spent, side, chosen.studies))


if __name__ == "__main__":
    main()
