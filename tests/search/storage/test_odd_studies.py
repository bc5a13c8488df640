"""Studies of other programs of kinds that once ended in a false sentence, or in an error."""

from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution

from search import analyse, export_study, frame
from search.analysis.decision import decide
from search.analysis.drift import beside_drift
from search.analysis.effects import effects_of
from search.analysis.recommendation import recommend
from search.analysis.unequal_losses import unequal_losses
from search.reporting.answer.support import support
from search.reporting.latex import methods
from search.reporting.records import records
from search.storage.reading import read
from tests.support.foreign import foreign

SWITCH = [False, True]


pytestmark = pytest.mark.usefixtures("no_importances")


def noise(trial: optuna.Trial, spread: float = 0.01) -> float:
    return spread * float(np.random.default_rng(trial.number).standard_normal())


@pytest.mark.parametrize("but", [False, True])
def test_one_technique_a_trial_tells_no_effect_of_any(but: bool) -> None:
    """What all trials have in common was shared out among the techniques: -35 points each."""

    def function(trial: optuna.Trial) -> float:
        for name in "abcde":
            trial.suggest_categorical(name, SWITCH)
        return 0.77 + noise(trial)

    study = foreign(0)
    for at in range(20):
        study.enqueue_trial({name: (at % 5 == place) != but for place, name in enumerate("abcde")})
    study.optimize(function, n_trials=20)
    assert analyse(study).effects is None


def test_no_recipe_is_surely_better_for_a_noisy_technique_that_is_seldom_on() -> None:
    clear = better = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        study = foreign(0)
        for at in range(100):
            study.enqueue_trial({"rare": at < 10})

        def function(trial: optuna.Trial, random: np.random.Generator = random) -> float:
            rare = trial.suggest_categorical("rare", SWITCH)
            for name in "bcd":
                trial.suggest_categorical(name, SWITCH)
            return 0.7 + (0.04 if rare else 0.01) * float(random.standard_normal())

        study.sampler = optuna.samplers.RandomSampler(seed=seed)
        study.optimize(function, n_trials=100)
        results = read(study)
        effects = effects_of(results)
        decision = decide(results, recommend(results), (), effects=effects)
        assert effects is not None
        assert decision is not None
        clear += any(one.verdict != "no clear effect" for one in effects.effects)
        better += decision.verdict == "better"
    assert clear <= 4
    assert better <= 2


def test_runs_of_the_recipe_without_a_value_are_not_averaged() -> None:
    study = foreign(0)
    space: dict[str, BaseDistribution] = {n: CategoricalDistribution(SWITCH) for n in "abcd"}
    for on, value in (("ab", 0.9), ("ab", 0.91), ("ab", float("inf")), ("c", 0.1), ("d", 0.2)):
        params = {name: name in on for name in "abcd"}
        study.add_trial(optuna.create_trial(params=params, distributions=space, value=value))
    text = " ".join(support(analyse(study)))
    assert "2 runs of it came to" in text


def test_parameters_named_like_columns_of_a_table_keep_columns_of_their_own() -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.7 + noise(trial) + 0.02 * trial.suggest_categorical("recipe", SWITCH)
        return value + 1e-4 * trial.suggest_int("epochs", 10, 90) + trial.suggest_int("state", 0, 1)

    study = foreign(20, function)
    findings = analyse(study)
    trials = frame(findings, "trials")
    assert list(trials["params_epochs"]) == [one.params["epochs"] for one in study.trials]
    assert trials["epochs"].isna().all()
    assert set(trials["state"]) == {"complete"}
    assert set(trials["recipe"]) == {False, True}
    trade_offs = records(findings)["trade_offs"]
    assert len(set(trade_offs.columns)) == len(trade_offs.columns)
    assert "params_recipe" in trade_offs.columns


def test_equal_values_of_a_coarse_score_are_no_copies() -> None:
    def function(trial: optuna.Trial) -> float:
        bits = [trial.suggest_categorical(name, SWITCH) for name in "abc"]
        right = 40 + 2 * bits[0] + int(np.random.default_rng(trial.number).integers(0, 3))
        return right / 50

    study = foreign(0)
    order = [*range(8), 0]
    for at in order:
        study.enqueue_trial({name: bool(at >> bit & 1) for bit, name in enumerate("abc")})
    study.optimize(function, n_trials=len(order))
    assert not any(run.copy for run in read(study).runs)


def test_copies_are_of_the_objective_that_is_asked_for() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])

    def function(trial: optuna.Trial) -> tuple[float, float]:
        bits = [int(trial.suggest_categorical(name, SWITCH)) for name in "abc"]
        value = float(np.random.default_rng(bits).standard_normal())
        return value, 60 + noise(trial)

    study.optimize(function, n_trials=60)
    assert len(read(study, objective=1).of("measure")) == len({str(t.params) for t in study.trials})
    assert len(read(study, objective=2).of("measure")) == 60


def test_a_category_named_after_a_technique_is_no_dial(tmp_path: Path) -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.7 + 0.05 * trial.suggest_categorical("aug", SWITCH) + noise(trial)
        return value + 0.02 * (trial.suggest_categorical("aug_kind", ["flip", "crop", "x"]) == "x")

    findings, _ = export_study(foreign(40, function), tmp_path)
    assert findings.recommended is not None
    assert findings.recommended.params == {"aug": True, "aug_kind": "x"}


def test_the_methods_of_a_study_of_categories_alone_are_written() -> None:
    def function(trial: optuna.Trial) -> float:
        return (
            0.5 + 0.1 * (trial.suggest_categorical("kind", ["p", "q", "r"]) == "q") + noise(trial)
        )

    said = methods(analyse(foreign(40, function)))
    assert said.startswith("We studied what kind does to the objective")


def test_the_run_of_a_recommended_recipe_with_a_level_is_found() -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.8 + 0.06 * trial.suggest_categorical("mixup", SWITCH)
        return value + 0.04 * (trial.suggest_categorical("opt", ["sgd", "adam", "lion"]) == "adam")

    study = foreign(0)
    for mixup, optimizer in ((False, "sgd"), (True, "adam"), (False, "lion"), (True, "sgd")):
        study.enqueue_trial({"mixup": mixup, "opt": optimizer})
    study.optimize(function, n_trials=4)
    assert "One run of it came to 90.00 %, without interval." in support(analyse(study))


def test_a_ladder_in_order_is_no_drift() -> None:
    """One technique after another, some seeds each: the fit leaves nothing that goes with time."""
    told = 0
    for seed in range(10):
        random = np.random.default_rng(seed)
        study = foreign(0)
        for at in range(16):
            step = {name: at // 4 == place for place, name in enumerate("abc", start=1)}
            study.enqueue_trial(step)

        def function(trial: optuna.Trial, random: np.random.Generator = random) -> float:
            on = [trial.suggest_categorical(name, SWITCH) for name in "abc"]
            return 0.6 + 0.1 * on[0] + 0.2 * on[1] + 0.01 * float(random.standard_normal())

        study.optimize(function, n_trials=16)
        results = read(study)
        effects = effects_of(results)
        assert effects is not None
        told += beside_drift(results, effects)[0].drift is not None
    assert told <= 1


def test_a_trial_that_failed_before_it_was_asked_has_no_level() -> None:
    def function(trial: optuna.Trial) -> float:
        if trial.suggest_categorical("bn", SWITCH) and trial.number % 2:
            raise RuntimeError
        kind = trial.suggest_categorical("kind", [None, "x", "y"])
        return 0.5 + 0.1 * (kind == "x") + noise(trial)

    study = foreign(0)
    study.optimize(function, n_trials=60, catch=RuntimeError)
    assert not [one for one in unequal_losses(read(study)) if one.technique.startswith("kind")]
