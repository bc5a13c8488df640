"""What messages name."""

from __future__ import annotations

import pytest

from search.errors import did_you_mean

NAMES = ("batch_norm", "dropout", "mixup", "EMA")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("droput", " (Did you mean 'dropout'?)"),
        ("Mixup", " (Did you mean 'mixup'?)"),
        ("mixpu", " (Did you mean 'mixup'?)"),
        ("batchnorm", " (Did you mean 'batch_norm'?)"),
        ("emma", " (Did you mean 'EMA'?)"),
        ("sam", ""),
        ("", ""),
    ],
)
def test_a_misspelt_name_is_told_which_it_may_be(name: str, near: str) -> None:
    assert did_you_mean(name, NAMES) == near
    assert not did_you_mean(name, ())
