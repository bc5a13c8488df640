import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from search.analysis.dials import dials
from search.parameters import SearchedDial
from tests.support.simulate import results_of, run

pytestmark = pytest.mark.numeric

RATE = SearchedDial("dropout_rate", 0.05, 0.5, log=False)


def test_a_trend_is_spearmans_over_the_whole_runs_of_the_search() -> None:
    random = np.random.default_rng(0)
    rates, accuracies = random.uniform(0.05, 0.5, 12), random.uniform(0.5, 0.8, 12)
    searched = [
        run(["dropout"], a, "search", params={"dropout_rate": r})
        for r, a in zip(rates, accuracies, strict=True)
    ]
    pruned = run(["dropout"], None, "search", state="pruned", curve={1: 0.1, 2: 0.2},  # type: ignore[arg-type]
                 params={"dropout_rate": 0.3})  # fmt: skip
    measured = run(["dropout"], 0.9, params={"dropout_rate": 0.2})
    off = run([], 0.9, "search")
    (trend,) = dials(results_of([*searched, pruned, measured, off], dials=(RATE,)))
    assert trend.correlation == pytest.approx(spearmanr(rates, accuracies)[0])
    assert trend.low < trend.correlation < trend.high
    assert len(trend.runs) == 13
    assert [(p.value, p.reached) for p in trend.runs if p.pruned] == [(0.3, 20.0)]


def test_the_interval_of_a_trend_covers_none_as_often_as_it_says() -> None:
    random, covered = np.random.default_rng(0), 0
    for _ in range(300):
        searched = [
            run(["dropout"], a, "search", params={"dropout_rate": r})
            for r, a in random.random((15, 2))
        ]
        (trend,) = dials(results_of(searched, dials=(RATE,)))
        covered += trend.low <= 0 <= trend.high
    assert 0.91 < covered / 300 < 0.99


def test_few_runs_have_no_trend_and_none_no_dial() -> None:
    few = [run(["dropout"], 0.5, "search", params={"dropout_rate": 0.1 * k}) for k in range(1, 5)]
    (trend,) = dials(results_of(few, dials=(RATE,)))
    assert math.isnan(trend.correlation)
    assert dials(results_of([run(["dropout"], 0.5)], dials=(RATE,))) == []
