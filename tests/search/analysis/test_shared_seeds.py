"""Repeats of recipes that seeds move alike, which show the noise of a study once."""

from collections.abc import Sequence

import numpy as np
import pytest

from search.analysis.effects import effects
from search.analysis.shared_seeds import distinct, seed_spreads
from search.results import Run
from tests.support.simulate import results_of, run

pytestmark = pytest.mark.numeric

RECIPES: tuple[list[str], ...] = ([], ["mixup"], ["dropout"], ["mixup", "dropout"])


def confirmed(noise: np.ndarray, first: int = 0) -> list[list[Run]]:
    """Groups, one a recipe, of runs with the noise (recipes, seeds)."""
    return [
        [run(on, 0.5 + 0.1 * len(on) + 0.01 * float(value), "confirm", seed=first + seed)
         for seed, value in enumerate(row)]
        for on, row in zip(RECIPES, noise, strict=True)
    ]  # fmt: skip


def kept(groups: Sequence[list[Run]], of: Sequence[list[Run]]) -> list[int]:
    return [at for at, group in enumerate(of) if any(group is one for one in groups)]


def test_repeats_that_seeds_move_alike_count_once() -> None:
    alike = np.tile([0.3, -1.0, 0.9], (4, 1))
    apart = np.random.default_rng(0).standard_normal((4, 3))
    for noise, expected in (
        (alike, [0]),
        (alike + 0.01 * apart, [0]),
        (apart, [0, 1, 2, 3]),
        (0 * apart, [0, 1, 2, 3]),
    ):
        groups = confirmed(noise)
        assert kept(distinct(groups), groups) == expected
    groups = [*confirmed(alike), *confirmed(alike, first=3), [run([], 0.5, "ladder", seed=9)] * 2]
    assert kept(distinct(groups), groups) == [0, 4, 8]


def test_what_seeds_do_to_all_recipes_is_told_from_what_they_do_to_each() -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(200):
        noise = 3 * random.standard_normal((1, 3)) + 0.5 * random.standard_normal((4, 3))
        runs = [run for group in confirmed(noise) for run in group]
        if (spreads := seed_spreads(results_of(runs, ("mixup", "dropout")))) is not None:
            found.append(spreads)
    assert len(found) > 150
    assert np.mean([one.own**2 for one in found]) == pytest.approx(0.25, rel=0.15)
    assert np.mean([one.shared**2 for one in found]) == pytest.approx(9, rel=0.25)
    apart = [run for group in confirmed(random.standard_normal((4, 3))) for run in group]
    assert seed_spreads(results_of(apart, ("mixup", "dropout"))) is None


@pytest.mark.parametrize("alike", [False, True])
def test_intervals_hold_where_seeds_move_recipes_alike(alike: bool) -> None:
    """As of a program that draws its split by the seed; with each repeat counted, 20 % miss."""
    random = np.random.default_rng(0)
    studies, missed = 300, 0
    for _ in range(studies):
        measured = [run(on, 0.5 + 0.01 * random.standard_normal()) for on in RECIPES]
        noise = random.standard_normal((1, 2) if alike else (4, 2))
        groups = confirmed(np.broadcast_to(noise, (4, 2)))
        fit = effects(measured, ("mixup", "dropout"), distinct(groups))
        assert fit is not None
        mixup = fit.of("mixup")
        missed += not mixup.low <= 0 <= mixup.high
    assert missed / studies < 0.09
