"""Intervals of differences, by seed where the seeds of a program move all recipes alike."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols

from search.analysis.confirmation import confirmation
from search.analysis.held_out import Difference
from search.analysis.seed_differences import difference_over_seeds
from search.commands.program import Metric, Program
from search.objective import Objective
from search.results import Results, Run
from search.settings import Settings
from tests.support.programs import switches
from tests.support.simulate import run

pytestmark = pytest.mark.numeric

NAMES = ("mixup", "dropout", "residual", "amsgrad")
METRIC = Metric("acc", "acc")
PROGRAM = Program(
    "train {flags}", "/", switches(NAMES), METRIC, test=METRIC, unit="points", scale=100.0
)
LUCK = (0.4, -2.1, 1.9)
VALUES = [
    [70 + luck + own for luck, own in zip(LUCK, noise, strict=True)]
    for noise in ((0.1, -0.2, 0.0), (1.2, 1.0, 0.9), (0.3, 0.2, 0.4), (-0.5, -0.3, -0.6))
]


def confirmed(values: Sequence[Sequence[float]]) -> list[Run]:
    """Runs of all off and of one technique each, with percents (recipes, seeds)."""
    return [
        run(on, percent / 100, "confirm", seed=seed, test_objective=percent / 100,
            params={name: name in on for name in NAMES})
        for on, row in zip(([], *([name] for name in NAMES)), values, strict=False)
        for seed, percent in enumerate(row)
    ]  # fmt: skip


def gains(runs: Sequence[Run]) -> dict[str, Difference]:
    """The gain of each recipe over all off, by name."""
    settings = Settings(data="", program=PROGRAM)
    results = Results("s", NAMES, tuple(runs), settings, objective=Objective.of(PROGRAM))
    rows = confirmation(results, None)
    return {row.recipe: row.objective_gain for row in rows if row.objective_gain is not None}


def test_two_recipes_by_seed_are_a_paired_t_test() -> None:
    plain, mixup = VALUES[:2]
    found = difference_over_seeds(mixup, plain, [plain, mixup], 0.05, by_seed=True)
    paired = stats.ttest_rel(mixup, plain).confidence_interval()
    assert (found.low, found.high) == pytest.approx((paired.low, paired.high))
    assert found.by_seed


def test_the_residuals_of_all_recipes_count_as_one_degree_of_freedom() -> None:
    """The mean square of these as statsmodels has it, in a layout by recipe and seed."""
    long = [(value, recipe, seed) for recipe, row in enumerate(VALUES)
            for seed, value in enumerate(row)]  # fmt: skip
    columns = pd.DataFrame(long, columns=["value", "recipe", "seed"])
    residual = ols("value ~ C(recipe) + C(seed)", columns).fit().mse_resid
    apart = np.subtract(VALUES[1], VALUES[0])
    variance = (1 * 2 * residual + 2 * np.var(apart, ddof=1)) / 3
    half = stats.t.ppf(0.975, 3) * math.sqrt(variance / 3)
    found = gains(confirmed(VALUES))["mixup"]
    assert (found.low, found.high) == pytest.approx((apart.mean() - half, apart.mean() + half))
    assert found.by_seed


def test_runs_are_paired_by_seed_whatever_their_order() -> None:
    runs = confirmed(VALUES)
    mixed = [runs[at] for at in np.random.default_rng(0).permutation(len(runs))]
    assert gains(mixed)["mixup"].high == pytest.approx(gains(runs)["mixup"].high)


def test_recipes_are_not_paired_where_seeds_tell_nothing_alike() -> None:
    apart = np.random.default_rng(0).normal(70, 1, (4, 3)).tolist()
    for runs in (
        confirmed(apart),
        confirmed(VALUES)[:-1],  # a seed of one recipe is still to come
        confirmed(VALUES[:2]),  # whose difference alone would tell
        confirmed([[level + luck for luck in LUCK] for level in (70, 71.1, 70.3, 69.7)]),
    ):
        mixup = gains(runs)["mixup"]
        assert not mixup.by_seed
        assert mixup.high - mixup.low > 2


@pytest.mark.parametrize("recipes", [3, 5])
@pytest.mark.parametrize(("alike", "width"), [(0.0, 4.0), (0.5, 4.0), (0.9, 2.0)])
def test_intervals_hold_where_seeds_move_recipes_alike(
    recipes: int, alike: float, width: float
) -> None:
    """Of 95 % intervals with three seeds 2 to 5 % miss, in points of a run's standard deviation;
    were they not taken by seed, they would be 3.4 wide where 90 % of the variance is shared."""
    random, missed, widths = np.random.default_rng(1), 0, []
    studies = 400
    for _ in range(studies):
        shared, own = random.standard_normal((1, 3)), random.standard_normal((recipes, 3))
        values = 70 + math.sqrt(alike) * shared + math.sqrt(1 - alike) * own
        gain = gains(confirmed(values.tolist()))["mixup"]
        missed += not gain.low <= 0 <= gain.high
        widths.append(gain.high - gain.low)
    assert missed / studies < 0.08
    assert float(np.median(widths)) < width
