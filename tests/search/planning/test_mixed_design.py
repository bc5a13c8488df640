"""Designs with factors of more than two levels."""

from itertools import combinations, product

import numpy as np
import pytest

from search.errors import InputError
from search.planning.mixed_design import mixed_design, mixed_runs, places


@pytest.mark.parametrize(
    ("factors", "levels", "runs"),
    [
        (0, [4], 4),
        (1, [3], 8),
        (3, [4], 16),
        (4, [3], 32),
        (3, [4, 3], 32),
        (2, [4, 4, 3], 64),
        (3, [2], 8),
        (7, [2], 16),
        (2, [2, 3, 2], 32),
    ],
)
def test_every_effect_is_orthogonal_to_the_others_and_to_pairs(
    factors: int, levels: list[int], runs: int
) -> None:
    rows = mixed_design(factors, levels, runs)
    assert rows.shape == (runs, factors + sum(1 if count == 2 else 2 for count in levels))
    switched = 2.0 * rows[:, :factors] - 1
    chosen = np.array([places(row, factors, levels) for row in rows])
    pairs = [switched[:, i] * switched[:, j] for i, j in combinations(range(factors), 2)]
    indicators = []
    for place, count in enumerate(levels):
        column = chosen[:, place]
        shares = np.bincount(column, minlength=count) / runs
        assert list(shares) == ([0.5, 0.25, 0.25] if count == 3 else [1 / count] * count)
        indicators.append([(column == level) - share for level, share in enumerate(shares)])
    for one in (c for columns in indicators for c in columns):
        assert all(one @ column == 0 for column in (*switched.T, *pairs))
    for one, other in combinations(indicators, 2):
        assert all(a @ b == 0 for a, b in product(one, other))


def test_too_few_runs_are_refused_with_those_that_are_possible() -> None:
    assert mixed_runs(4, [3])[0] == 32
    with pytest.raises(InputError, match="--measure 16 has no balanced design for 4 factors of two "
                                         "levels and 1 of more; it takes 0, 32, "):  # fmt: skip
        mixed_design(4, [3], 16)
