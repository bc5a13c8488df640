"""Runs that fail or are pruned with some techniques more than without."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import compress

import numpy as np
import optuna
import pytest
from scipy import stats

from search import analyse
from search.analysis.exact_test import exact_test, fisher_exact
from search.analysis.unequal_losses import unequal_losses
from search.planning.design import fraction
from search.planning.space import Space
from search.reporting.findings import find
from search.results import Results, Run
from search.settings import Settings
from search.storage.reading import read
from search.storage.schema import INTERRUPTED, TRIES
from tests.support.foreign import foreign


def test_the_exact_test_is_scipys() -> None:
    for of_one, of_other in itertools.product((1, 4, 9), (3, 11)):
        for one, other in itertools.product(range(of_one + 1), range(of_other + 1)):
            table = np.array([[one, of_one - one], [other, of_other - other]])
            expected = stats.fisher_exact(table).pvalue
            assert fisher_exact(one, of_one, other, of_other) == pytest.approx(expected, abs=1e-9)
    assert fisher_exact(60, 2000, 20, 3000) == pytest.approx(
        stats.fisher_exact(np.array([[60, 1940], [20, 2980]])).pvalue, rel=1e-6
    )


def test_the_test_of_several_shares_is_scipys() -> None:
    for counts, sizes in (([0, 11, 4, 5], [18, 30, 38, 14]), ([2, 3, 1], [9, 11, 10])):
        table = np.array([counts, np.subtract(sizes, counts)])
        random = stats.PermutationMethod(n_resamples=4999, rng=np.random.default_rng(0))
        expected = stats.chi2_contingency(table, correction=False, method=random).pvalue
        assert exact_test(counts, sizes) == pytest.approx(expected, rel=0.3, abs=0.01)
    assert exact_test([3, 1], [9, 12]) == fisher_exact(3, 9, 1, 12)


def lost(trial: optuna.Trial) -> float:
    """Fails with `compile`, and often with `amp`; the optimizer lion comes to no number."""
    chance = np.random.default_rng(trial.number)
    on = {
        name: trial.suggest_categorical(name, [False, True]) for name in ("amp", "compile", "ema")
    }
    optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"])
    if on["compile"] or (on["amp"] and chance.random() < 0.6):
        raise optuna.TrialPruned if trial.number % 4 == 0 else RuntimeError
    if optimizer == "lion" and chance.random() < 0.7:
        return float("inf")
    return 0.7 + 0.01 * on["amp"] + 0.005 * float(chance.standard_normal())


def failing(count: int) -> optuna.Study:
    study = foreign(0)
    study.optimize(lost, n_trials=count, catch=RuntimeError)
    return study


def test_what_the_losses_depend_on_is_found_and_told() -> None:
    study = failing(300)
    found = unequal_losses(read(study))
    named = {(one.technique, one.loss, one.more_on) for one in found}
    assert ("amp", "failed", True) in named
    assert ("optimizer lion", "no value", True) in named
    assert not any("ema" in one.technique for one in found)
    told = " ".join(analyse(study).cautions)
    assert re.search(r"None of the \d+ trials with compile came to a value", told)
    assert "If these would have done badly, amp looks better than it is." in told
    assert "came to no value that can be computed with" in told


def test_a_side_of_which_all_are_lost_has_no_effect() -> None:
    def function(trial: optuna.Trial) -> float:
        if trial.suggest_categorical("compile", [False, True]):
            raise RuntimeError
        bonus = 0.1 * trial.suggest_categorical("bn", [False, True])
        return 0.5 + bonus + 1e-3 * trial.number

    study = foreign(0)
    study.optimize(function, n_trials=40, catch=RuntimeError)
    (one,) = unequal_losses(read(study))
    assert (one.on.lost, one.off.lost, one.worse.left) == (one.on.runs, 0, 0)
    told = analyse(study).cautions
    assert f"All {one.on.runs} trials with compile failed, so its effect is unknown." in told
    assert "never varied" not in " ".join(told)


def test_losses_that_depend_on_nothing_are_not_told() -> None:
    def function(trial: optuna.Trial) -> float:
        bits = [trial.suggest_categorical(name, [False, True]) for name in "abcdef"]
        if np.random.default_rng(trial.number).random() < 0.3:
            raise RuntimeError
        return float(sum(bits)) + 1e-3 * trial.number

    told = 0
    for seed in range(20):
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
        study.optimize(function, n_trials=60, catch=RuntimeError)
        told += bool(unequal_losses(read(study)))
    assert told <= 2


NAMES = ("augmentation", "batch_norm", "residual", "dropout")


def planned(fails: Callable[[frozenset[str], int], str | None]) -> Results:
    """32 planned runs, some of which fail in every try, for the reason that is given."""
    space, runs = Space(NAMES), list[Run]()
    settings = Settings(data="digits", techniques=NAMES, measure=(32,), search=0, confirm=0)
    random = np.random.default_rng(0)
    for seed, row in enumerate(fraction(4, 32)):
        on = frozenset(compress(NAMES, row))
        reason, value = fails(on, seed), 0.8 + 0.003 * random.standard_normal()
        done = Run(0, "measure", "complete", space.params(on), on, value, seed=seed)
        lost = replace(done, state="failed", value=None, failure=reason)
        tries = [lost] * TRIES if reason else [replace(lost, failure=INTERRUPTED), done]
        runs += [replace(run, number=len(runs) + at) for at, run in enumerate(tries)]
    return Results("s", NAMES, tuple(runs), settings)


def test_planned_runs_that_are_given_up_with_a_technique_are_told_once() -> None:
    results = planned(lambda on, seed: "exit code 1" if "residual" in on and seed % 3 else None)
    (one,) = unequal_losses(results)
    assert (one.technique, one.on.runs, one.off) == (
        "residual",
        16,
        replace(one.on, lost=0, left=16),
    )
    assert one.on.lost + one.on.left == 16
    told = " ".join(find(results, []).cautions)
    assert (
        f"{one.on.lost} of 16 runs with residual failed, and 0 of 16 without. If these would have "
        "done badly, residual looks better than it is."
    ) in told


def test_planned_runs_that_all_fail_or_fail_by_chance_are_not_told() -> None:
    assert not unequal_losses(planned(lambda on, seed: "no" if "residual" in on else None))
    assert not unequal_losses(planned(lambda on, seed: "no" if seed % 5 == 0 else None))
