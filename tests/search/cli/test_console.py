"""What commands keep out of the terminal."""

import warnings
from typing import Any

from optuna.distributions import CategoricalDistribution

from search.cli.console import quiet_optuna


def test_lists_among_another_programs_choices_are_nothing_to_warn_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet_optuna()
        choices: Any = [[64], [64, 64]]
        CategoricalDistribution(choices)
