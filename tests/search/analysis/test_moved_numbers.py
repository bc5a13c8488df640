"""Numbers that techniques or levels change, in another program's study."""

import math

import numpy as np
import optuna
import pytest

from search import analyse, frame, read
from search.analysis.effects import effects_of
from search.analysis.moved_numbers import moved_numbers
from search.reporting.sentences.numbers import about_numbers, moved_by
from tests.support.foreign import foreign

pytestmark = pytest.mark.numeric

BEST = {"sgd": -1.0, "adam": -3.0, "lion": -3.0}


def studied(apart: float, seed: int = 0) -> optuna.Study:
    """A study whose optimizers have best learning rates so many times two decades apart."""
    random = np.random.default_rng(seed)

    def function(trial: optuna.Trial) -> float:
        rate = math.log10(trial.suggest_float("rate", 1e-4, 1, log=True))
        best = -2 + apart * (BEST[trial.suggest_categorical("optimizer", list(BEST))] + 2)
        trial.suggest_float("decay", 0, 1)
        points = 90 - 2 * (rate - best) ** 2 + trial.suggest_categorical("aug", [False, True])
        return (points + 0.5 * random.standard_normal()) / 100

    return foreign(90, function)


def test_where_the_learning_rate_is_best_is_told_by_optimizer() -> None:
    findings = analyse(studied(1.0))
    (moved,) = findings.moved
    assert (moved.number, moved.parameter) == ("rate", "optimizer")
    curves = dict(moved.curves)
    assert set(curves) == set(BEST)
    for name, curve in curves.items():
        assert curve.best_low < 10 ** BEST[name] < curve.best_high
    assert curves["adam"].best_high < 10 ** BEST["sgd"]
    assert about_numbers(findings)[0].startswith("rate is, on average, best near ")
    (said,) = moved_by(findings)
    assert said.startswith("What rate is worth depends on optimizer: it is best near 0.")
    assert "with sgd (95 % interval 0.0" in said
    rows = frame(findings, "moved_numbers").set_index("at")
    assert rows.loc["sgd", "best"] == curves["sgd"].best
    assert set(rows["parameter"]) == {"optimizer"}


def test_by_a_technique_it_is_told_with_it_and_without_it() -> None:
    random = np.random.default_rng(0)

    def function(trial: optuna.Trial) -> float:
        rate, on = (
            trial.suggest_float("rate", -1, 1),
            trial.suggest_categorical("bn", [False, True]),
        )
        return (90 - 4 * (rate - (0.5 if on else -0.5)) ** 2 + 0.5 * random.standard_normal()) / 100

    findings = analyse(foreign(80, function))
    (moved,) = findings.moved
    assert [name for name, _ in moved.curves] == ["bn", "without it"]
    assert [curve.best > 0 for _, curve in moved.curves] == [True, False]
    (said,) = moved_by(findings)
    assert " with bn (95 % interval " in said
    assert " without it (95 % interval " in said


def test_nothing_is_told_of_a_number_that_is_the_same_everywhere() -> None:
    told = 0
    for seed in range(20):
        results = read(studied(0.0, seed))
        found = effects_of(results)
        assert found is not None
        told += bool(moved_numbers(results, found.fit))
    assert told <= 2
