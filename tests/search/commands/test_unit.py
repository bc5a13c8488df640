"""What the name of a metric tells."""

from dataclasses import replace

import pytest

from search.commands.program import Metric, Program
from search.commands.unit import of_less, with_unit

PROGRAM = Program("train {flags}", "/", (), Metric("", "x"))


@pytest.mark.parametrize(
    "name",
    [
        "loss",
        "val_loss",
        "Valid Loss",
        "top-1 error",
        "val/ppl",
        "RMSE",
        "rmsle",
        "val_MAPE",
        "cross-entropy",
        "val/bce",
        "binary_crossentropy",
        "PER",
        "eval/ece",
    ],
)
def test_a_loss_of_which_more_would_be_better_is_warned_of(name: str) -> None:
    named = replace(PROGRAM, metric=Metric(name, "x"))
    assert of_less(named).startswith(
        f"this study takes a larger {name} for better. If less is better"
    )
    assert not of_less(replace(named, minimize=True))


@pytest.mark.parametrize(
    "name",
    ["acc", "neg_log_loss", "-loss", "glossary", "mirror", "mAP", "r2", "dice", "performance"],
)
def test_any_other_metric_is_not(name: str) -> None:
    assert not of_less(replace(PROGRAM, metric=Metric(name, "x")))


@pytest.mark.parametrize(
    ("value", "before", "scale"),
    [(0.4, (0.1, 0.3), 100.0), (1.0, (0.2,), 100.0), (1.0, (12.5, 30.0), 1.0), (91.0, (), 1.0)],
)
def test_percentages_are_told_by_every_score_of_the_first_run(
    value: float, before: tuple[float, ...], scale: float
) -> None:
    settled = with_unit(Program("train", "/", (), Metric("acc", "val_acc")), value, before)
    assert (settled.unit, settled.scale) == ("points", scale)
