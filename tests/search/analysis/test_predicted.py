"""Tests of what is predicted of a recipe and of all off."""

from __future__ import annotations

import numpy as np
import pytest

from search.analysis.predicted import predicted
from search.objective import OBJECTIVES


@pytest.mark.parametrize("key", ["auc", "f1_macro"])
def test_nothing_beyond_the_range_of_an_objective_is_predicted(key: str) -> None:
    means, spread = np.array([0.8, 0.5, 0.6]), 0.04 * np.eye(3)
    found = predicted(means, spread, 10, float, OBJECTIVES[key])
    assert (found.recommended.value, found.recommended.high) == (0.8, 1.0)
    assert 0 < found.recommended.low < 0.5
    assert (found.all_off.value, found.all_off.low) == (0.5, 0.0)
    beyond = predicted(means + 0.5, spread, 10, float, OBJECTIVES[key])
    assert (beyond.recommended.value, beyond.all_off.value) == (1.0, 1.0)
    assert beyond.recommended.low < 1  # as wide as before, and cut
    assert beyond.gain.low < beyond.gain.value == 0 < beyond.gain.high
