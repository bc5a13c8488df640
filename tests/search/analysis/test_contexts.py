"""Techniques that are added to a baseline one at a time, taken away so, or added in an order."""

from __future__ import annotations

import numpy as np
import optuna
import pytest

from search import analyse, draw
from search.analysis.contexts import are_few
from search.analysis.effects import CERTAIN
from search.reporting.latex import methods
from search.reporting.sections import sections

pytestmark = [pytest.mark.numeric, pytest.mark.usefixtures("no_importances")]

NAMES = "abcd"
ALONE = {"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}

ONE_AT_A_TIME = ["", "a", "b", "c", "d"]
ONE_LEFT_OUT = ["abcd", "bcd", "acd", "abd", "abc"]
LADDER = ["", "a", "ab", "abc", "abcd"]


def truth(on: str) -> float:
    """Each helps alone, and any two of them cost more than that."""
    return 70 + sum(ALONE[name] for name in on) - 4 * max(0, len(on) - 1)


def tried(recipes: list[str], seed: int = 0, *, blocked: bool = False) -> optuna.Study:
    """Three trials of each recipe; `blocked` by a seed that is a parameter."""
    random = np.random.default_rng(seed)
    study = optuna.create_study(direction="maximize")
    for on in recipes:
        for seed in range(3):
            study.enqueue_trial({name: name in on for name in NAMES} | {"seed": seed})

    def function(trial: optuna.Trial) -> float:
        on = [name for name in NAMES if trial.suggest_categorical(name, [False, True])]
        beside = trial.suggest_int("seed", 0, 2) if blocked else 0
        return (truth("".join(on)) + beside + 0.2 * float(random.normal())) / 100

    study.optimize(function, n_trials=len(recipes) * 3)
    return study


@pytest.mark.parametrize("blocked", [False, True])
def test_what_was_never_tried_together_is_not_called_better(blocked: bool) -> None:
    """a with b and c was surely better by 6 points; it comes to 2 less than all off."""
    findings = analyse(tried(ONE_AT_A_TIME, blocked=blocked))
    decision = findings.decision
    assert decision is not None
    assert decision.recommended.on == {"a"}
    assert decision.gain is not None
    assert decision.gain.low < 3 < decision.gain.high
    assert decision.verdict == "better"
    assert decision.surely_better is None


def test_all_off_that_never_ran_is_not_predicted() -> None:
    for seed in range(5):
        findings = analyse(tried(ONE_LEFT_OUT, seed))
        assert findings.decision is not None
        assert findings.decision.verdict == "unknown"
        assert findings.recommended is not None
        assert findings.recommended.on == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("recipes", "where"),
    [
        (ONE_AT_A_TIME, "with all others off"),
        (ONE_LEFT_OUT, "with all others on"),
        (LADDER, "beside what was on in the runs that tell it"),
    ],
)
def test_the_report_says_beside_what_the_effects_are(recipes: list[str], where: str) -> None:
    findings = analyse(tried(recipes))
    assert findings.effects is not None
    assert any(one.verdict in CERTAIN for one in findings.effects.effects)
    said = " ".join(findings.cautions)
    assert f"So each effect is that {where}, and no average" in said
    assert "hold what interactions may add" not in said
    texts = {one.title: one.text for one in sections(findings)}
    assert f"turned on, {where}" in texts["Every effect, with p values and ranks"]
    assert "From all off to all on" not in texts
    assert "waterfall" not in draw(findings)
    assert f"turned on, {where}" in methods(findings)


def test_effects_are_averages_where_some_were_tried_together() -> None:
    findings = analyse(tried([*ONE_AT_A_TIME, "abcd", "bc"]))
    said = " ".join(findings.cautions)
    assert "no average" not in said
    assert "waterfall" in draw(findings)


def test_one_change_of_a_category_at_a_time_is_no_average() -> None:
    random = np.random.default_rng(0)
    study = optuna.create_study(direction="maximize")
    for change in ({}, {"a": True}, {"opt": "adam"}, {"opt": "lion"}):
        for _ in range(4):
            study.enqueue_trial({"a": False, "opt": "sgd"} | change)

    def function(trial: optuna.Trial) -> float:
        on = trial.suggest_categorical("a", [False, True])
        kind = trial.suggest_categorical("opt", ["sgd", "adam", "lion"])
        return 5 + on + 2 * (kind == "adam") + 0.1 * float(random.normal())

    study.optimize(function, n_trials=16)
    findings = analyse(study)
    assert "each effect is that with all others off" in " ".join(findings.cautions)
    assert findings.recommended is not None
    assert findings.recommended.params == {"opt": "adam"}


def test_a_recipe_more_than_sums_need_tells_of_interactions() -> None:
    assert are_few([frozenset(), frozenset("a"), frozenset("b")])
    assert not are_few([frozenset(), frozenset("a"), frozenset("b"), frozenset("ab")])
