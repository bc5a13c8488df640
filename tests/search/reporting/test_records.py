"""The names of the columns of CSV files and data frames."""

import math
from dataclasses import replace

import numpy as np
import optuna
import pytest

from search import analyse, frame, summarise
from search.analysis.trade_offs import PricedRecipe, TradeOffs
from search.commands.program import Metric, Program
from search.objective import OBJECTIVES, Objective
from search.reporting.records import records
from tests.support.foreign import foreign


def loss(trial: optuna.Trial) -> float:
    """A loss of techniques, one of which is named as a column is."""
    value = 2.0 - trial.suggest_int("objective", 0, 1) - 0.5 * trial.suggest_int("bn", 0, 1)
    return value + 0.05 * float(np.random.default_rng(trial.number).standard_normal())


def test_what_another_program_is_judged_by_is_not_called_accuracy() -> None:
    findings = analyse(foreign(24, loss, "minimize"))
    named = {name: table.columns for name, table in records(findings).items()}
    for table in ("trials", "ladder", "trade_offs"):
        assert "objective" in named[table]
        assert not [name for name in named[table] if "accuracy" in name], table
    assert "objective_per_second" in named["effects"]
    trials = frame(findings, "trials")
    assert trials.objective[0] == findings.results.runs[0].value
    assert set(trials.params_objective) == {0, 1}
    document = summarise(findings)
    assert 0.3 < document["best"]["objective"] < 0.7


def test_a_technique_that_is_named_as_a_column_replaces_none() -> None:
    findings = analyse(foreign(24, loss, "minimize"))
    recipe = PricedRecipe(frozenset({"objective"}), {}, 1.0, 0.9, 1.1, 2.0, math.nan, 0, math.nan)
    offered = TradeOffs(1, {}, (recipe,), (recipe,), (), 0.1, predicted=False)
    (row,) = summarise(replace(findings, trade_offs=offered))["trade_offs"]
    assert (row["objective"], row["on"]) == (1.0, ["objective"])
    assert "params_objective" not in row


@pytest.mark.parametrize(
    ("objective", "columns"),
    [
        (OBJECTIVES["accuracy"], ["accuracy", "test_accuracy"]),
        (OBJECTIVES["f1_macro"], ["f1_macro", "test_f1_macro", "test_accuracy"]),
        (
            Objective.of(Program("./train", "/", (), Metric("val_loss", ""), unit="nats")),
            ["objective", "test_objective"],
        ),
    ],
)
def test_a_column_is_named_as_the_option_names_the_objective(
    objective: Objective, columns: list[str]
) -> None:
    findings = analyse(foreign(3))
    findings = replace(findings, results=replace(findings.results, objective=objective))
    judged = list(frame(findings, "trials").columns[3:])
    assert judged[: len(columns)] == columns
    assert judged[len(columns)] == "seconds_per_epoch"
