"""Runs that fell below their recipe's fit, from runs that are made up."""

import numpy as np
import pytest

from search.analysis.below_fit import BelowFit, below_fit
from search.planning.design import fraction

TECHNIQUES = 6
SIGNS = np.where(fraction(TECHNIQUES, 32), 1.0, -1.0)
ENDS = np.array([[-1.0] * TECHNIQUES, [1.0] * TECHNIQUES, [1.0, 1.0, -1.0, -1.0, 1.0, -1.0]])
SIGNS = np.concatenate([SIGNS, np.repeat(ENDS, 3, axis=0)])
RECIPES = ["".join("+" if sign > 0 else "-" for sign in row) for row in SIGNS]
MEASURED, SECOND_OF_THREE = (3, 11, 20), 33


def values(seed: int = 0) -> np.ndarray:
    """Of six effects and an interaction, so that the worst recipe is 30 points below the best."""
    noise = np.random.default_rng(seed).normal(0, 1, len(SIGNS))
    effects = SIGNS @ np.array([6.0, 4.0, -3.0, 2.0, 0.0, 0.0])
    return np.asarray(70 + effects + 1.5 * SIGNS[:, 0] * SIGNS[:, 1] + noise)


def fallen(*runs: int, depth: float = 12.0, signs: np.ndarray = SIGNS) -> BelowFit | None:
    changed = values()
    changed[list(runs)] -= depth
    return below_fit(signs, changed, RECIPES)


def test_runs_that_fell_are_found_among_recipes_that_differ_by_more() -> None:
    assert np.ptp(values()) > 20
    found = fallen(*MEASURED, SECOND_OF_THREE)
    assert found is not None
    assert np.flatnonzero(found.fell).tolist() == [*MEASURED, SECOND_OF_THREE]
    assert found.depth == pytest.approx(12, abs=1.5)


def test_many_do_not_hide_each_other() -> None:
    fell = [*range(0, 32, 4), 33, 35]
    found = fallen(*fell, depth=25.0)
    assert found is not None
    assert np.flatnonzero(found.fell).tolist() == sorted(fell)


@pytest.mark.parametrize(
    "fell",
    [
        (),
        (SECOND_OF_THREE,),  # one run may be anything
        MEASURED,  # which may be what their recipes come to
        (*MEASURED, 38, 39, 40),  # a recipe that falls with every seed
    ],
)
def test_nothing_falls_by_its_seed_without_two_that_do_and_one_that_does_not(
    fell: tuple[int, ...],
) -> None:
    assert fallen(*fell) is None


def test_noise_that_is_as_wide_above_is_no_fall() -> None:
    changed = values()
    changed[[3, 20, 33]] -= 12
    changed[[5, 22, 36]] += 12
    assert below_fit(SIGNS, changed, RECIPES) is None


def test_values_that_are_rounded_are_no_fall() -> None:
    for seed in range(20):
        assert below_fit(SIGNS, np.round(values(seed) / 4) * 4, RECIPES) is None


def test_a_technique_that_is_always_on_tells_nothing() -> None:
    found = fallen(*MEASURED, SECOND_OF_THREE)
    again = fallen(*MEASURED, SECOND_OF_THREE, signs=np.insert(SIGNS, 2, 1.0, axis=1))
    assert found is not None
    assert again is not None
    assert again.fell.tolist() == found.fell.tolist()
    assert again.depth == pytest.approx(found.depth)


@pytest.mark.parametrize("runs", [0, 1, 5])
def test_too_few_runs_tell_nothing(runs: int) -> None:
    assert below_fit(SIGNS[:runs], values()[:runs], RECIPES[:runs]) is None
