"""The epoch from which runs rank as they do at their end."""

from __future__ import annotations

import numpy as np
import pytest

from search.analysis.rank_stability import ranked_from
from search.results import Run
from tests.support.simulate import run


def crossing(runs: int, turn: int) -> list[Run]:
    """Runs of twelve epochs that rank the other way round before an epoch."""
    finals = np.linspace(0.5, 0.9, runs)
    return [
        run([], final, curve={e: final if e >= turn else 0.6 - final / 2 for e in range(1, 13)})
        for final in finals
    ]


@pytest.mark.parametrize("turn", [1, 5, 12])
def test_a_ranking_is_the_final_one_from_its_last_change_on(turn: int) -> None:
    assert ranked_from(crossing(16, turn)) == turn


def test_too_few_runs_or_equal_ones_say_nothing() -> None:
    assert ranked_from(crossing(7, 5)) is None
    assert ranked_from([run([], 0.5, curve={1: 0.5}) for _ in range(9)]) is None


def test_noise_in_early_epochs_is_no_ranking() -> None:
    random = np.random.default_rng(2)
    runs = [
        run([], final, curve={e: final + 0.4 * 0.5**e * random.standard_normal()
                              for e in range(1, 13)})
        for final in np.linspace(0.5, 0.9, 32)
    ]  # fmt: skip
    assert 2 <= (ranked_from(runs) or 0) <= 6
