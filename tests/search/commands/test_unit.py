"""What the name of a metric tells."""

from dataclasses import replace

import pytest

from search.commands.program import Metric, Program
from search.commands.unit import of_less

PROGRAM = Program("train {flags}", "/", (), Metric("", "x"))


@pytest.mark.parametrize(
    "name", ["loss", "val_loss", "Valid Loss", "top-1 error", "val/ppl", "RMSE"]
)
def test_a_loss_of_which_more_would_be_better_is_warned_of(name: str) -> None:
    named = replace(PROGRAM, metric=Metric(name, "x"))
    assert f"the larger {name}, the better" in of_less(named)
    assert not of_less(replace(named, minimize=True))


@pytest.mark.parametrize(
    "name", ["acc", "neg_log_loss", "-loss", "glossary", "mirror", "mAP", "r2"]
)
def test_any_other_metric_is_not(name: str) -> None:
    assert not of_less(replace(PROGRAM, metric=Metric(name, "x")))
