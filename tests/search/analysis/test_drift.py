"""Trials of other programs whose values change with time."""

import numpy as np
import optuna
import pytest
from scipy import stats

from search import analyse
from search.analysis.rank_correlation import rank_correlation
from tests.support.foreign import foreign


def test_the_correlation_is_scipys() -> None:
    random = np.random.default_rng(0)
    one, other = random.integers(0, 6, 40).tolist(), random.standard_normal(40).tolist()
    assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    assert np.isnan(rank_correlation([1, 1, 1], [1, 2, 3]))


@pytest.mark.parametrize(
    ("change", "direction", "side"),
    [(0.04, "maximize", "better"), (0.04, "minimize", "worse"), (0.0, "maximize", "")],
)
def test_a_change_half_way_is_told(change: float, direction: str, side: str) -> None:
    def function(trial: optuna.Trial) -> float:
        value = 0.7 + 0.02 * trial.suggest_categorical("bn", [False, True])
        trial.suggest_categorical("aug", [False, True])
        value += change * (trial.number >= 40)
        return value + 0.01 * float(np.random.default_rng(trial.number).standard_normal())

    told = " ".join(analyse(foreign(80, function, direction)).cautions)
    assert (f"Later trials came out {side} than like ones before" in told) == bool(change)
    assert ("something else changed on the way" in told) == bool(change)
