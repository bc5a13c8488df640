"""What experimenters judge a fit by, against statsmodels and brute force."""

from dataclasses import replace
from itertools import combinations, compress

import numpy as np
import pytest
import statsmodels.api
from scipy import stats
from statsmodels.graphics.gofplots import ProbPlot

from search.analysis.aliases import alias_structure
from search.analysis.contrast_sizes import contrast_sizes, half_normal
from search.analysis.effects import Effects, effects
from search.analysis.fit_review import review
from search.analysis.fitted_runs import fitted_runs
from search.analysis.interactions import interactions
from search.analysis.level_means import main_means, misfit, pair_means
from search.analysis.looks import Look
from search.planning.design import design
from search.results import Run
from tests.support.simulate import NAMES, repeats_of, results_of, run, simulated

PAIRS = {("augmentation", "batch_norm"): 3.0, ("dropout", "mixup"): -2.0}


def fitted(runs: list[Run]) -> Effects:
    found = effects(runs, NAMES)
    assert found is not None
    return found


def unbalanced(noise: float = 0.5) -> list[Run]:
    """More recipes than a full pairwise fit has terms, in no balanced design."""
    rows = np.random.default_rng(4).random((120, 8)) < 0.5
    return [replace(one, number=at) for at, one in enumerate(simulated(rows, 5, noise, PAIRS))]


def test_the_half_normal_positions_are_those_of_statsmodels() -> None:
    values = np.abs(np.random.default_rng(0).standard_normal(23))
    oracle = ProbPlot(values, dist=stats.halfnorm, a=0.5)
    assert half_normal(23) == pytest.approx(oracle.theoretical_quantiles)


@pytest.mark.parametrize("runs", [16, 32, 64])
def test_what_passes_its_limit_is_what_is_clear(runs: int) -> None:
    clear = 0
    for seed in range(3):
        simulations = simulated(design(8, runs, runs), seed, 1.0, PAIRS)
        for look in (Look(), Look((runs,), runs), Look((runs // 2, runs), runs)):
            found = effects(simulations, NAMES, look=look)
            assert found is not None
            pairs = interactions(found)
            rows = contrast_sizes(found, pairs)
            assert [abs(row.effect) for row in rows] == sorted(
                (abs(row.effect) for row in rows), reverse=True
            )
            for row in rows:
                assert row.clear == (abs(row.effect) >= row.limit), row
            order = sorted(rows, key=lambda row: row.t)
            assert [row.expected for row in order] == sorted(row.expected for row in rows)
            clear += sum(row.clear for row in rows)
    assert clear > 15


def test_without_noise_or_before_all_runs_are_in_nothing_is_compared() -> None:
    exact = fitted(simulated(design(8, 64, 64), 0, 0.0))
    assert contrast_sizes(exact, interactions(exact)) == []
    early = effects(simulated(design(8, 64, 64)[:40], 0, 1.0), NAMES, look=Look((64,), 40))
    assert early is not None
    assert contrast_sizes(early, interactions(early)) == []


def test_level_means_are_those_of_statsmodels() -> None:
    runs = simulated(design(8, 64, 64), 3, 0.5, PAIRS)
    found = fitted(runs)
    side = np.array([[1.0 if name in one.on else -1.0 for name in NAMES] for one in runs])
    pairs = list(combinations(range(8), 2))
    columns = np.column_stack([np.ones(64), side, *(side[:, a] * side[:, b] for a, b in pairs)])
    oracle = statsmodels.api.OLS([one.scaled for one in runs], columns).fit(cov_type="HC2")
    mains = main_means(found)
    assert [row.techniques[0] for row in mains] == [e.technique for e in found.effects]
    for row in mains:
        at = NAMES.index(row.techniques[0])
        for mean in row.means:
            inside = side[:, at] == (1 if mean.on[0] else -1)
            average = np.mean([one.scaled for one in compress(runs, inside)])
            assert mean.mean == pytest.approx(average)
            weights = np.zeros(columns.shape[1])
            weights[[0, 1 + at]] = [1, 1 if mean.on[0] else -1]
            half = stats.t.ppf(0.975, found.fit.dof_of(weights)) * oracle.t_test(weights).sd[0][0]
            assert mean.high - mean.mean == pytest.approx(half)
    both = pair_means(found, interactions(found))
    assert both[0].techniques == ("augmentation", "batch_norm")
    for mean in both[0].means:
        inside = np.all(side[:, :2] == [1 if on else -1 for on in mean.on], axis=1)
        average = np.mean([one.scaled for one in compress(runs, inside)])
        assert mean.mean == pytest.approx(average)
        assert mean.low < mean.mean < mean.high


def test_runs_left_out_and_outliers_are_those_of_statsmodels() -> None:
    runs = simulated(design(8, 64, 64), 7, 0.5, PAIRS)
    runs[20] = replace(runs[20], value=(runs[20].value or 0) - 0.06, number=20)
    found = fitted(runs)
    values = np.array([one.scaled for one in runs])
    oracle = statsmodels.api.OLS(values, found.fit.model.columns).fit()
    rows = fitted_runs(found, runs)
    assert rows is not None
    left_out = values - oracle.get_influence().resid_press
    assert [row.left_out for row in rows.runs] == pytest.approx(left_out)
    assert [row.fitted for row in rows.runs] == pytest.approx(oracle.fittedvalues)
    bonferroni = np.asarray(oracle.outlier_test())[:, 2]
    assert [row.missed for row in rows.runs] == (bonferroni < 0.05).tolist()
    assert [row.run.number for row in rows.runs if row.missed] == [20]
    assert rows.explained == pytest.approx(oracle.rsquared)
    assert rows.error == pytest.approx(np.sqrt(np.mean((values - left_out) ** 2)))


def test_a_fit_through_every_run_has_nothing_to_compare_and_no_levels() -> None:
    runs = simulated(design(8, 16, 16), 0, 1.0)
    found = effects(runs, NAMES, repeats_of([[], list(NAMES)], 3, 1.0))
    assert found is not None
    assert fitted_runs(found, runs) is None
    assert misfit(found) == "saturated"
    looked = review(results_of(runs), found, interactions(found))
    assert not looked.mains
    assert not looked.pairs


def test_levels_are_not_given_where_recipes_fail_together() -> None:
    runs = [
        run(one.on, 0.1 if {"augmentation", "mixup"} <= one.on and "batch_norm" not in one.on
            else one.value or 0)
        for one in simulated(design(8, 64, 64), 0, 0.3)
    ]  # fmt: skip
    assert misfit(fitted(runs)) == "failing"


@pytest.mark.parametrize("rows", [
    design(8, 16, 16), design(5, 16, 16), design(8, 64, 64),
    np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 1, 1]]),
])  # fmt: skip
def test_aliases_are_the_columns_that_are_equal_in_every_run(rows: np.ndarray) -> None:
    runs, names = len(rows), NAMES[: rows.shape[1]]
    side = 2.0 * rows - 1
    columns = dict(zip(names, side.T, strict=True))
    for a, b in combinations(names, 2):
        columns[f"{a} × {b}"] = columns[a] * columns[b]
    equal = {
        frozenset(other for other, column in columns.items() if abs(column @ one) == runs)
        for one in columns.values()
    }
    measured = [run([*compress(names, row)], 0.5) for row in rows]
    found = alias_structure(measured, names)
    assert found is not None
    sets = [frozenset(term.removeprefix("−") for term in row) for row in found.sets]
    assert set(sets) == {row for row in equal if len(row) > 1}
    assert len(sets) == len(set(sets))
    for row in found.sets:
        first, *rest = row
        for term in rest:
            sign = -1 if term.startswith("−") else 1
            assert np.array_equal(columns[first], sign * columns[term.removeprefix("−")])
    assert found.clear == (not sets)
    assert found.largest_partial == pytest.approx(0)


def test_partial_aliases_of_an_unbalanced_study_are_its_correlations() -> None:
    runs = unbalanced()
    found = alias_structure(runs, NAMES)
    assert found is not None
    side = np.array([[1.0 if name in one.on else -1.0 for name in NAMES] for one in runs])
    products = [side[:, a] * side[:, b] for a, b in combinations(range(8), 2)]
    oracle = np.corrcoef(np.column_stack([side, *products]).T)
    assert found.correlations == pytest.approx(oracle)
    assert not found.sets
    assert 0.1 < found.largest_partial < 0.5
    assert alias_structure(runs, NAMES[:1]) is None
