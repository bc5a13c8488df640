"""Techniques that no trial of another program tells apart."""

import numpy as np
import optuna
import pytest

from search import analyse, summarise
from search.storage.reading import read
from tests.support.foreign import foreign

pytestmark = pytest.mark.usefixtures("no_importances")


def study(trials: int) -> optuna.Study:
    found = foreign(0)
    both = optuna.distributions.CategoricalDistribution([False, True])
    for number in range(trials):
        sides = (bool(one) for one in np.random.default_rng([number, 1]).integers(0, 2, 3))
        first, second, third = sides
        params = {"aug": first, "cutmix": first, "bn": second, "gn": not second, "free": third}
        noise = 0.01 * float(np.random.default_rng(number).standard_normal())
        found.add_trial(
            optuna.create_trial(
                params=params,
                distributions=dict.fromkeys(params, both),
                value=0.8 + 0.04 * first + 0.02 * second + 0.01 * third + noise,
            )
        )
    return found


def test_what_always_changes_together_has_one_effect() -> None:
    findings = analyse(study(60))
    assert findings.effects is not None
    effects = findings.effects
    assert findings.results.factors == ("aug with cutmix", "bn instead of gn", "free")
    assert effects.effects[0].technique == "aug with cutmix"
    assert effects.of("aug with cutmix").effect == pytest.approx(4, abs=0.7)
    assert effects.of("bn instead of gn").effect == pytest.approx(2, abs=0.7)
    told = " ".join(findings.cautions)
    assert "aug and cutmix were on and off together in all complete trials" in told
    assert "bn was on just where gn was off" in told
    assert "with all techniques off gn is on" in told
    assert "cannot be told apart" not in told
    recipe = summarise(findings)["recommended"]["recipe"]
    assert recipe == "aug with cutmix, bn instead of gn, free"


def test_one_trial_tells_them_apart() -> None:
    both = study(60)
    params = {**both.trials[0].params, "cutmix": not both.trials[0].params["aug"]}
    both.add_trial(
        optuna.create_trial(params=params, distributions=both.trials[0].distributions, value=0.8)
    )
    assert read(both).factors == ("aug", "bn instead of gn", "cutmix", "free")


def test_few_trials_agree_by_chance() -> None:
    results = read(study(6))
    assert not results.tied
    assert results.factors == ("aug", "bn", "cutmix", "free", "gn")


def test_techniques_that_never_vary_are_not_tied() -> None:
    def function(trial: optuna.Trial) -> float:
        trial.suggest_categorical("old", [False, True])
        trial.suggest_categorical("older", [False, True])
        return 0.5 + 0.1 * trial.suggest_categorical("bn", [False, True]) + 0.001 * trial.number

    found = optuna.create_study(direction="maximize")
    for number in range(12):
        found.enqueue_trial({"old": False, "older": False, "bn": bool(number % 2)})
    found.optimize(function, n_trials=12)
    assert read(found).factors == ("bn", "old", "older")
    assert "old and older never varied" in " ".join(analyse(found).cautions)
