import math

import numpy as np
import pytest

from search.analysis.effects import Effects, effects
from search.planning.design import fraction
from search.results import Run
from tests.support.simulate import repeats_of

pytestmark = [pytest.mark.numeric, pytest.mark.usefixtures("unranked")]

NAMES = tuple(f"t{place}" for place in range(12))


def studied(values: np.ndarray, rows: np.ndarray, noise: float) -> Effects:
    """Effects of runs with these values, beside nine repeated runs of so much noise."""
    runs = [
        Run(0, "measure", "complete", {}, frozenset(np.array(NAMES)[row]), value / 100)
        for row, value in zip(rows, values, strict=True)
    ]
    found = effects(runs, NAMES, repeats_of(([], list(NAMES), ["t0"]), 3, noise))
    assert found is not None
    return found


def wrong(found: Effects) -> set[str]:
    return {one.technique for one in found.effects if one.verdict in ("helps", "hurts")}


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_runs_that_diverge_by_chance_name_no_technique(lost: int) -> None:
    """Two such runs change about half of the interactions, all alike, and the others not at all."""
    rows = fraction(12, 64)
    random = np.random.default_rng(lost)
    for _ in range(5):
        values = 60 + 0.3 * random.standard_normal(64)
        values[random.choice(64, lost, replace=False)] = 10
        assert not wrong(studied(values, rows, 0.3))


def test_a_pair_that_stands_out_says_little_about_interactions_of_three() -> None:
    rows = fraction(12, 64)
    levels = np.where(rows, 1.0, -1.0)
    noise = np.random.default_rng(0).standard_normal(64)
    quiet = studied(60 + noise, rows, 1.0)
    loud = studied(60 + noise + 20 * levels[:, 0] * levels[:, 1], rows, 1.0)
    for one in quiet.effects:
        width = loud.of(one.technique).high - loud.of(one.technique).low
        assert not math.isnan(width)
        assert width < 1.25 * (one.high - one.low)
