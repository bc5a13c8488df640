import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind_from_stats

from search.analysis.effects import effects
from search.analysis.ladder import compare, ladder
from search.analysis.t_distribution import quantile
from search.planning.design import design
from search.planning.phases.ladder import STEPS
from search.reporting.sentences.ladder import ladder_verdict
from search.results import Run
from tests.support.fakes import EFFECTS
from tests.support.simulate import NAMES, results_of, run, simulated, value

pytestmark = pytest.mark.numeric


def climbed(pairs: dict[tuple[str, str], float] | None = None, seeds: int = 3) -> list[Run]:
    """The article's ladder over several seeds."""
    random, runs = np.random.default_rng(5), []
    for _ in range(seeds):
        on: list[str] = []
        for added in STEPS:
            on = [*on, *added]
            points = value(on, EFFECTS, pairs) + 0.3 * random.standard_normal()
            runs.append(run(on, points / 100, "ladder"))
    return runs


def test_a_step_is_held_against_its_effect_by_welchs_test() -> None:
    found = effects(simulated(design(8, 64, 64), 0, 0.3), NAMES)
    steps = ladder(results_of(climbed()))
    rows = compare(steps, found)
    assert found is not None
    assert [row.step.adds for row in rows] == [step.adds for step in steps[1:]]
    for row in rows:
        model = found.fit.model
        contrast = np.sum([model.technique_contrast(name) for name in row.step.added], axis=0)
        dof = found.fit.dof_of(contrast)
        error = (row.high - row.low) / 2 / quantile(dof)
        counts = row.step.dof + 1, dof + 1
        spreads = row.step.error * math.sqrt(counts[0]), error * math.sqrt(counts[1])
        p = ttest_ind_from_stats(
            row.step.change, spreads[0], counts[0], row.effect, spreads[1],
            counts[1],  # type: ignore[arg-type]
            equal_var=False,
        ).pvalue  # fmt: skip
        assert row.p_value == pytest.approx(1 - (1 - p) ** 7)
    both = next(row for row in rows if row.step.added == ("residual", "late_widening"))
    effect = found.of("residual").effect + found.of("late_widening").effect
    assert both.effect == pytest.approx(effect)


def test_where_the_order_decides_it_is_said_and_else_not() -> None:
    """augmentation and batch_norm take from each other, so the first of them looks better."""
    pairs = {("augmentation", "batch_norm"): -6.0}
    found = effects(simulated(design(8, 64, 64), 0, 0.3, pairs), NAMES)
    steps = ladder(results_of(climbed(pairs)))
    rows = compare(steps, found)
    assert {row.step.adds for row in rows if row.disagree} == {"augmentation", "batch_norm"}
    said = ladder_verdict(steps, rows)
    assert "disagree" in said
    assert "augmentation (+15.93 as a step, +13.08 as its order-free effect)" in said
    steps = ladder(results_of(climbed()))
    agreed = compare(steps, effects(simulated(design(8, 64, 64), 0, 0.3), NAMES))
    assert "None of the 7 steps differs" in ladder_verdict(steps, agreed)
    alone = f"The step {agreed[0].step.adds} does not differ from its order-free effect"
    assert alone in ladder_verdict(steps[:2], agreed[:1])


def test_one_seed_a_step_has_no_interval_and_no_verdict() -> None:
    found = effects(simulated(design(8, 64, 64), 0, 0.3), NAMES)
    steps = ladder(results_of(climbed(seeds=1)))
    assert all(math.isnan(step.low) for step in steps)
    assert not any(row.disagree for row in compare(steps, found))
    for rows in (compare(steps, found), compare(steps, None)):
        assert ladder_verdict(steps, rows).startswith("Each step was run once")
    assert compare(steps, None) == []
    several = ladder(results_of(climbed()))
    assert ladder_verdict(several, []) == ""
    unsure = [replace(row, p_value=math.nan) for row in compare(several, found)]
    assert "No step can be compared" in ladder_verdict(several, unsure)
