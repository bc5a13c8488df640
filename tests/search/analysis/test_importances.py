"""Optuna's importances, as the report gives them."""

import math

import numpy as np
import optuna
import pytest

from search.analysis.importances import importances


def test_what_had_one_value_in_all_trials_has_no_importance() -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    rate = optuna.distributions.FloatDistribution(1e-5, 1e-1, log=True)
    choice = optuna.distributions.CategoricalDistribution([False, True])
    random = np.random.default_rng(0)
    for number in range(12):
        params = {"a": number % 2 == 0, "b": number % 3 == 0, "learning_rate": 1e-3}
        study.add_trial(optuna.create_trial(
            params=params, distributions={"a": choice, "b": choice, "learning_rate": rate},
            value=0.5 + 0.1 * params["a"] + 0.01 * random.normal(),
        ))  # fmt: skip
    rows = [row for row in importances(study) if row.evaluator == "PED-ANOVA"]
    assert {row.parameter for row in rows} == {"a", "b"}
    assert rows[0].parameter == "a"
    assert math.isclose(sum(row.importance for row in rows), 1)


def test_equal_importances_are_in_the_order_of_their_names() -> None:
    """PED-ANOVA has them in the order of a set, which is another in every process."""
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    names = ["e", "b", "d", "a", "c"]
    choice = optuna.distributions.CategoricalDistribution([False, True])
    for number in range(12):
        params = dict.fromkeys(names, number % 2 == 0)
        study.add_trial(optuna.create_trial(
            params=params, distributions=dict.fromkeys(names, choice), value=number % 2 + number,
        ))  # fmt: skip
    rows = [row for row in importances(study) if row.evaluator == "PED-ANOVA"]
    assert len({row.importance for row in rows}) == 1
    assert [row.parameter for row in rows] == sorted(names)


@pytest.mark.parametrize("failure", [-1.7976931348623157e308, -1e200, math.inf])
def test_a_value_that_stands_for_a_failure_is_left_out(failure: float) -> None:
    """fANOVA's variances were none of the largest number, which some return for a failure."""
    study = optuna.create_study(direction="maximize")
    choice = optuna.distributions.CategoricalDistribution([False, True])
    random, usual = np.random.default_rng(0), optuna.create_study(direction="maximize")
    for number in range(24):
        params = {"a": number % 2 == 0, "b": number % 3 == 0}
        value = 0.5 + 0.1 * params["a"] + 0.01 * random.normal()
        for made, failed in ((study, failure), (usual, None)):
            worth = failed if number % 8 == 7 else value
            if worth is not None:
                made.add_trial(optuna.create_trial(
                    params=params, distributions={"a": choice, "b": choice}, value=worth
                ))  # fmt: skip
    assert importances(study) == importances(usual)
    assert {row.evaluator for row in importances(study)} >= {"PED-ANOVA"}


def test_numbers_may_be_larger_than_a_forest_holds() -> None:
    def function(trial: optuna.Trial) -> float:
        return float(trial.suggest_float("size", 1, 1e300, log=True) ** 0.001)

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(function, n_trials=20)
    assert {row.evaluator for row in importances(study)} >= {"PED-ANOVA"}
