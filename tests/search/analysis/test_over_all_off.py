"""Recipes that trials of another program repeated, beside all off."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
import scipy.stats

from search import analyse
from search.analysis.over_all_off import repeated
from search.reporting.answer.support import support
from search.reporting.answer.what_to_do import headline
from search.storage.reading import read

pytestmark = pytest.mark.numeric

NAMES = "abcdef"
EFFECTS = {"a": 3.0, "b": 1.0, "d": -1.0, "f": 0.5}


def one_at_a_time(seed: int, every: int = 3) -> optuna.Study:
    """Five trials of a baseline, some of each technique alone, and as many of all together."""
    random = np.random.default_rng(seed)
    study = optuna.create_study(direction="maximize")
    for on in [*[""] * 5, *(name for name in NAMES for _ in range(every)), *[NAMES] * every]:
        study.enqueue_trial({name: name in on for name in NAMES} | {"seed": len(study.trials)})

    def function(trial: optuna.Trial) -> float:
        trial.suggest_int("seed", 0, 1000)
        on = [name for name in NAMES if trial.suggest_categorical(name, [False, True])]
        return (70 + sum(EFFECTS.get(name, 0) for name in on) + 0.5 * random.normal()) / 100

    study.optimize(function, n_trials=len(study.trials))
    return study


def test_a_technique_that_was_added_alone_is_surely_better() -> None:
    """Nothing is known of its average effect, of which interactions may be the most."""
    findings = analyse(one_at_a_time(1))
    assert findings.effects is not None
    assert findings.effects.of("a").verdict == "no clear effect"
    decision = findings.decision
    assert decision is not None
    assert decision.surely_better is not None
    assert decision.surely_better.params == {"a": True}
    assert decision.surely_better.gain.low < 3 < decision.surely_better.gain.high
    assert headline(findings).startswith("So far a is surely better than all techniques off: +3.0")
    assert "where time counts, a is the simpler choice" in " ".join(support(findings))


def test_what_is_not_within_the_recommended_recipe_is_not_called_simpler() -> None:
    findings = analyse(one_at_a_time(2))
    assert "So far a, b, c, d, e, f is surely better" in headline(findings)
    said = " ".join(support(findings))
    assert "would tell whether it is better than a, b, c, d, e, f." in said
    assert "simpler" not in said


def test_one_trial_of_each_recipe_tells_nothing() -> None:
    assert repeated(read(one_at_a_time(1, every=1))) == []


def test_intervals_allow_for_the_recipes_that_a_sampler_repeated() -> None:
    """Plain t tests call several recipes better, or worse, in these studies without any effect."""
    wrong = alone = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))

        def function(trial: optuna.Trial, random: np.random.Generator = random) -> float:
            for name in "ab":
                trial.suggest_categorical(name, [False, True])
            return float(5 + random.normal())

        study.optimize(function, n_trials=40)
        results = read(study)
        found = repeated(results)
        wrong += any(one.gain.high < 0 for one in found)
        off = [run.scaled for run in results.runs if not run.on]
        for one in found:
            mine = [run.scaled for run in results.runs if run.on == one.on]
            alone += bool(scipy.stats.ttest_ind(mine, off).pvalue < 0.05)
    assert wrong <= 1
    assert alone > 3
