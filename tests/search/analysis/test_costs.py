import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api

from search.analysis.costs import costs
from search.analysis.effects import effects
from search.planning.design import design, pair_columns
from search.results import Run
from tests.support.simulate import NAMES, simulated

pytestmark = pytest.mark.numeric


def timed() -> list[Run]:
    """batch_norm adds two seconds to ten; late_widening halves the parameters."""
    random = np.random.default_rng(0)
    return [
        replace(
            run,
            seconds_per_epoch=10 + 2 * ("batch_norm" in run.on) + 0.5 * random.standard_normal(),
            parameters=1000 - 500 * ("late_widening" in run.on),
        )
        for run in simulated(design(8, 64, 64), 0, 0.3)
    ]


def test_costs_are_fitted_as_statsmodels_fits_them() -> None:
    runs = timed()
    found = effects(runs, NAMES)
    assert found is not None
    main = np.array([[1.0 if name in run.on else -1.0 for name in NAMES] for run in runs])
    oracle = statsmodels.api.OLS(
        [run.seconds_per_epoch for run in runs],
        np.column_stack([np.ones(64), main, pair_columns(main)]),
    ).fit(cov_type="HC2", use_t=True)
    rows = {row.technique: row for row in costs(runs, found)}
    for at, name in enumerate(NAMES, start=1):
        low, high = 2 * oracle.conf_int()[at]
        seconds = rows[name].seconds
        assert (seconds.value, seconds.low, seconds.high) == pytest.approx(
            (2 * oracle.params[at], low, high)
        )
    assert rows["late_widening"].parameters.value == pytest.approx(-500)
    assert rows["batch_norm"].parameters.value == pytest.approx(0, abs=1e-6)
    worth = found.of("batch_norm").effect
    assert rows["batch_norm"].per_second == pytest.approx(worth / rows["batch_norm"].seconds.value)
    assert math.isnan(rows["mixup"].per_second)


def test_a_diverged_run_does_not_count_in_the_costs() -> None:
    """It ended after an epoch or two, whose time is mostly that of starting."""
    runs = timed()
    runs[0] = replace(runs[0], diverged=True, seconds_per_epoch=1e6)
    found = effects(runs, NAMES)
    assert found is not None
    assert all(abs(row.seconds.value) < 3 for row in costs(runs, found))


def test_parameters_are_counted_where_runs_are_missing() -> None:
    """A smaller network is smaller by less where its last map is pooled; all else is free."""

    def count(run: Run) -> int:
        small, pooled = "late_widening" in run.on, "global_pooling" in run.on
        return 60_000 - 30_000 * small - (5_000 if small else 20_000) * pooled

    whole = [replace(one, parameters=count(one)) for one in simulated(design(8, 16, 16), 0, 0.3)]
    for runs in (whole, whole[:14]):
        found = effects(runs, NAMES)
        assert found is not None
        added = {row.technique: row.parameters for row in costs(runs, found)}
        wanted = {"late_widening": -22_500, "global_pooling": -12_500}
        for name in NAMES:
            one = added[name]
            assert (one.value, one.low, one.high) == pytest.approx([wanted.get(name, 0)] * 3)


def test_runs_that_do_not_say_what_they_cost_have_no_costs() -> None:
    runs = simulated(design(8, 16, 16), 0, 0.3)
    found = effects(runs, NAMES)
    assert found is not None
    assert costs(runs, found) == []


def test_few_studies_give_a_worth_a_second_to_what_takes_no_time() -> None:
    names, wrong = NAMES[:6], 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        runs = [
            replace(run, seconds_per_epoch=10 + random.standard_normal())
            for run in simulated(design(6, 32, 32), seed, 0.3, effects=dict.fromkeys(names, 1.0))
        ]
        found = effects(runs, names)
        assert found is not None
        wrong += any(not math.isnan(row.per_second) for row in costs(runs, found))
    assert wrong <= 4  # of 60; half of 5 % are to be expected
