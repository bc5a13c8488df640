"""Names of metrics, from where they are found."""

import pytest

from search.commands.metric import name_of


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("val_acc=([0-9.]+)", "val_acc"),
        ("val_acc", "val_acc"),
        (r"epoch +(?P<epoch>[0-9]+).*valid loss +([0-9.]+)", "valid loss"),
        (r"Accuracy: [0-9]+/[0-9]+ \(([0-9.]+)%\)", "Accuracy"),
        (r"(?i)\bacc(?:uracy)?\s*[:=]\s*([0-9.]+)", "acc"),
        ("'eval/f1': (?P<value>[0-9.]+)", "eval/f1"),
        ("([0-9.]+) s", "metric"),
        ("json:val_acc", "val_acc"),
        ("file:scores.json:val/acc", "val/acc"),
    ],
)
def test_a_metric_has_the_name_that_stands_before_its_number(where: str, name: str) -> None:
    assert name_of(where) == name
