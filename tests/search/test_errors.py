"""What messages name."""

from __future__ import annotations

import pytest

from search.errors import but_near

NAMES = ("batch_norm", "dropout", "mixup", "EMA")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("droput", ", but 'dropout'"),
        ("Mixup", ", but 'mixup'"),
        ("mixpu", ", but 'mixup'"),
        ("batchnorm", ", but 'batch_norm'"),
        ("emma", ", but 'EMA'"),
        ("sam", ""),
        ("", ""),
    ],
)
def test_a_misspelt_name_is_told_which_it_may_be(name: str, near: str) -> None:
    assert but_near(name, NAMES) == near
    assert not but_near(name, ())
