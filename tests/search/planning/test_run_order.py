"""The order of a design's runs, beside a drift of the machine that makes them."""

import numpy as np
import pytest

from search.planning.design import fraction, grown
from search.planning.phases.plan import in_order
from search.planning.run_order import run_order
from search.settings import Settings


def drifted(rows: np.ndarray, drift: np.ndarray) -> np.ndarray:
    """Effects, (techniques,), that a drift of the values, (runs,), alone would show."""
    return np.asarray([drift[column].mean() - drift[~column].mean() for column in rows.T])


@pytest.mark.parametrize(("techniques", "runs"), [(3, 8), (6, 16), (8, 16), (8, 64), (20, 64)])
@pytest.mark.parametrize("power", [1, 2])
def test_a_drift_of_the_machine_moves_no_effect(techniques: int, runs: int, power: int) -> None:
    """The mean square of what it moves, beside that in orders that are drawn freely."""
    rows = fraction(techniques, runs)
    time = np.linspace(0, 1, runs)
    drift = time if power == 1 else (time - 0.5) ** 2
    random = np.random.default_rng(0)
    moved = [drifted(rows[run_order(rows, random)], drift) for _ in range(10)]
    free = [drifted(rows[random.permutation(runs)], drift) for _ in range(100)]
    least = 0.03 if power == 1 else 0.3 if runs > 8 else 1.2
    assert np.mean(np.square(moved)) < least * np.mean(np.square(free))


def test_every_run_may_come_at_any_time() -> None:
    rows, random = fraction(3, 8), np.random.default_rng(1)
    orders = np.array([run_order(rows, random) for _ in range(200)])
    assert all(sorted(order) == list(range(8)) for order in orders)
    counts = np.array([np.bincount(orders[:, place], minlength=8) for place in range(8)])
    assert counts.min() > 5


def test_a_study_keeps_its_order_as_it_grows() -> None:
    settings = Settings(seed=3, order="balanced")
    small = in_order("measure", settings, grown(8, (16,)), (16,))
    large = in_order("measure", settings, grown(8, (16, 64)), (16, 64))
    assert [number for number, _ in large[:16]] == [number for number, _ in small]
    assert sorted(number for number, _ in large) == list(range(64))


def test_an_older_study_keeps_the_order_that_it_began_with() -> None:
    rows = fraction(8, 16)
    numbers = [number for number, _ in in_order("measure", Settings(seed=0), rows, (16,))]
    assert numbers == [2, 8, 9, 3, 10, 4, 0, 12, 5, 11, 1, 14, 6, 7, 13, 15]
