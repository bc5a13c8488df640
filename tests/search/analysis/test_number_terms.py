"""The numbers at which recipes are best, held to a look at all of them."""

from dataclasses import replace

import numpy as np
import optuna
import pytest

from search.analysis import number_terms
from search.analysis.fitted_recipes import FittedRecipes
from search.analysis.tried_numbers import TriedNumbers
from search.storage.reading import read
from tests.support.foreign import foreign


def of_two_numbers(trial: optuna.Trial) -> float:
    """The optimizer moves the best learning rate, and the depth too."""
    adam = trial.suggest_categorical("optimizer", ["sgd", "adam", "lion"]) == "adam"
    rate = np.log10(trial.suggest_float("lr", 1e-4, 1, log=True)) + 2
    depth = trial.suggest_int("depth", 1, 9)
    aug = trial.suggest_categorical("aug", [False, True])
    noise = 0.01 * np.random.default_rng(trial.number).standard_normal()
    best = 0.5 - adam - 0.1 * (depth - 5)
    return float(0.8 + 0.02 * aug - 0.02 * (rate - best) ** 2 - 0.002 * (depth - 4) ** 2 + noise)


@pytest.mark.parametrize("caution", [0.0, 1.0])
def test_the_best_numbers_are_those_of_all_places(
    caution: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(number_terms, "CAUTION", caution)
    results = read(foreign(120, of_two_numbers))
    found = FittedRecipes.of(results, results.of("measure"))
    assert found is not None
    assert found.numbers is not None
    rates, depths = found.numbers.places
    for option in found.some():
        (tuned,) = found.tuned([option])
        every = [replace(option, numbers={"lr": rate, "depth": depth})
                 for rate in rates for depth in depths]  # fmt: skip
        best, worth = found.values(every).max(), found.values([tuned])[0]
        spread = np.ptp(found.values(every))
        # A value that the trials tell less of counts for less.
        assert best - worth <= (1e-9 if caution == 0 else 0.05) * spread


def test_what_a_choice_was_tried_with_is_where_all_of_a_recipe_were() -> None:
    values = np.array([[0.0, 5], [1, 6], [2, 7], [3, 8]])
    tried = TriedNumbers.of([["a", "c"], ["a", "d"], ["b", "c"], ["b", "d"]], values)
    np.testing.assert_array_equal(tried.within(["a"]), [[0, 1], [5, 6]])
    np.testing.assert_array_equal(tried.within(["a", "d"]), [[1, 1], [6, 6]])
    np.testing.assert_array_equal(tried.within(["never"]), [[0, 3], [5, 8]])
    low, high = tried.within(["a", "b"])[0]
    assert low > high
