"""The order of a design's runs, beside a drift of the machine that makes them."""

import numpy as np
import pytest

from search.planning.design import fraction, grown, pair_columns
from search.planning.phases.plan import in_order
from search.planning.run_order import run_order
from search.settings import Settings


def moved(levels: np.ndarray, drift: np.ndarray) -> float:
    """Mean square of what a drift of the values, (runs,), adds to columns of ±1, in a share of
    its own."""
    shares = levels.T @ (drift - drift.mean()) / np.linalg.norm(drift - drift.mean())
    return float(np.mean(np.square(shares))) / len(levels)


@pytest.mark.parametrize(("techniques", "runs"), [(3, 8), (6, 16), (8, 16), (8, 64), (20, 64)])
def test_a_steady_drift_of_the_machine_moves_no_effect(techniques: int, runs: int) -> None:
    """Beside 1 in so many degrees of freedom, which it takes in an order that is drawn freely."""
    levels = np.where(fraction(techniques, runs), 1.0, -1.0)
    random, time = np.random.default_rng(0), np.linspace(0, 1, runs)
    orders = [run_order(levels > 0, random) for _ in range(5)]
    assert np.mean([moved(levels[order], time) for order in orders]) < 0.03 / (runs - 1)


def test_a_bent_drift_moves_the_effects_little_and_a_steady_one_the_pairs() -> None:
    levels = np.where(fraction(8, 64), 1.0, -1.0)
    random, time = np.random.default_rng(0), np.linspace(0, 1, 64)
    orders = [run_order(levels > 0, random) for _ in range(5)]
    bent = np.mean([moved(levels[order], (time - 0.5) ** 2) for order in orders])
    pairs = np.mean([moved(pair_columns(levels[order]), time) for order in orders])
    assert bent < 0.4 / 63
    assert pairs < 0.8 / 63


def test_every_run_may_come_at_any_time() -> None:
    rows, random = fraction(3, 8), np.random.default_rng(1)
    orders = np.array([run_order(rows, random) for _ in range(30)])
    assert all(sorted(order) == list(range(8)) for order in orders)
    assert all(len(set(orders[:, place])) >= 6 for place in range(8))


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
