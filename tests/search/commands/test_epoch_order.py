"""Lines of output that are not in the order of their epochs."""

import pytest

from search.commands.epoch_order import out_of_order
from search.commands.program import RULES, Metric


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["epoch 1 acc=1", "epoch 2 acc=2", "epoch 3 acc=3"], ""),
        (["epoch 3 acc=3", "epoch 1 acc=1"], "acc of epoch 1 after that of epoch 3"),
        (["Epoch: 1/3 acc=1", "Epoch: 3/3 acc=3", "Epoch: 2/3 acc=2"], "epoch 2 after that of epo"),
        (["epoch 1 acc=1", "epoch 1 acc=2", "epoch 2 acc=2"], ""),
        (["epoch 0 acc=1", "epoch 1 acc=2", "epoch 0 acc=1", "epoch 1 acc=2"], ""),
        (["epoch 1 acc=1", "epoch 2 acc=2", "epoch 3 acc=1", "best epoch 2 acc=2"], ""),
        (["epoch 1 acc=1", "epoch 3", "epoch 2", "epoch 3 acc=2"], ""),
        (["acc=3", "acc=1"], ""),
        ([], ""),
    ],
)
def test_only_epochs_after_later_ones_are_out_of_order(lines: list[str], said: str) -> None:
    warned = out_of_order(Metric("acc", "acc", RULES), lines)
    assert said in warned
    assert bool(warned) == bool(said)


@pytest.mark.parametrize("where", ["json:acc", r"\"epoch\": (?P<epoch>\d+).*\"acc\": (\d+)"])
def test_epochs_that_a_metric_reads_are_looked_at_too(where: str) -> None:
    lines = [f'{{"epoch": {epoch}, "acc": {epoch}}}' for epoch in (1, 3, 2)]
    assert "epoch 2 after that of epoch 3" in out_of_order(Metric("acc", where, RULES), lines)
