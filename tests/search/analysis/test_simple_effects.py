"""Simple effects against least squares on indicator columns, by statsmodels."""

from itertools import compress, product

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import t as student

from search.analysis.effects import effects
from search.analysis.interactions import interactions
from search.analysis.scale_refit import scale_refit
from search.analysis.simple_effects import dependences, simple_effect
from search.errors import InputError
from search.planning.design import design
from search.results import Run
from tests.support.simulate import near_a_ceiling, random_pairs, results_of, simulated

pytestmark = pytest.mark.numeric

NAMES = ("residual", "deeper", "batch_norm")


def runs(repeats: int) -> list[Run]:
    """All recipes of three techniques, of which two interact."""
    random = np.random.default_rng(3)
    levels = [*product((0, 1), repeat=3)] * repeats
    return [
        Run(
            number, "measure", "complete", {},
            frozenset(compress(NAMES, on)),
            0.5 - 0.04 * on[0] + 0.09 * on[0] * on[1] + 0.02 * on[2] + random.normal(0, 0.01),
        )
        for number, on in enumerate(levels)
    ]  # fmt: skip


@pytest.mark.parametrize("on", [False, True])
def test_a_simple_effect_is_the_coefficient_where_the_other_is_at_its_level(on: bool) -> None:
    measured = runs(3)
    found = effects(measured, NAMES)
    assert found is not None
    row = simple_effect(found, "residual", "deeper", on=on)
    a, b, c = (np.array([float(name in run.on) for run in measured]) for name in NAMES)
    b = b if not on else b - 1  # zero at the level that is looked at
    c = c - 0.5  # zero in the middle, between off and on
    columns = np.column_stack([np.ones(len(a)), a, b, c, a * b, a * c, b * c])
    fitted = sm.OLS([run.scaled for run in measured], columns).fit(cov_type="HC2", use_t=True)
    assert row.effect == pytest.approx(fitted.params[1])
    assert abs(row.effect - (5 if on else -4)) < 1.5
    # One of three interactions is clear; half of the runs have as many degrees of freedom.
    assert [one.certain for one in interactions(found)] == [True, False, False]
    margin = student(dof(columns, 1)).ppf(1 - 0.05 / 3 / 2) * fitted.bse[1]
    np.testing.assert_allclose(
        [row.low, row.high], [row.effect - margin, row.effect + margin], rtol=1e-6
    )


def dof(columns: np.ndarray, at: int) -> float:
    """Satterthwaite's degrees of freedom of an HC2 error, by the eigenvalues of its form."""
    hat = columns @ np.linalg.pinv(columns)
    weights = np.linalg.pinv(columns)[at] / np.sqrt(1 - np.diag(hat))
    form = (np.eye(len(columns)) - hat) * weights
    values = np.linalg.eigvalsh(form.T @ form)
    return float(np.sum(values) ** 2 / np.sum(values**2))


def test_a_technique_that_helps_with_another_and_hurts_without_it_is_told() -> None:
    found = effects(runs(3), NAMES)
    assert found is not None
    rows = dependences(found, interactions(found))
    assert [(row.without.technique, row.without.other) for row in rows] == [
        ("residual", "deeper"), ("deeper", "residual"),
    ]  # fmt: skip
    first, second = rows
    assert first.without.high < 0 < first.with_it.low
    assert [row.reverses for row in rows] == [True, False]
    assert first.without == simple_effect(found, "residual", "deeper", on=False)
    assert second.with_it.effect - second.without.effect == pytest.approx(
        first.with_it.effect - first.without.effect
    )


def test_of_clear_pairs_simple_effects_cover_and_reversals_are_true() -> None:
    names = ("a", "b", "c", "d", "e")
    covered, told = [], []
    for seed in range(80):
        random = np.random.default_rng(seed)
        pairs = random_pairs(names, seed, 1.0 if seed < 40 else 3.0)
        main = {name: float(random.normal(0, 0.7)) for name in names}
        found = effects(simulated(design(5, 32, 32), seed, 1.0, pairs, main), names)
        assert found is not None
        for row in dependences(found, interactions(found)):
            one, other = row.without.technique, row.without.other
            both = pairs[(one, other) if (one, other) in pairs else (other, one)]
            truths = main[one] - both / 2, main[one] + both / 2
            for side, truth in zip((row.without, row.with_it), truths, strict=True):
                covered.append(side.low <= truth <= side.high)
            if row.reverses:
                told.append(truths[0] * truths[1] < 0)
    assert len(covered) > 300
    assert np.mean(covered) > 0.93
    assert len(told) > 10
    assert np.mean(told) > 0.95


def test_near_a_ceiling_what_the_scale_does_is_no_reversal() -> None:
    names = tuple("abcdefgh")
    levels = np.array([*product((-1.0, 1.0), repeat=8)])
    told = []
    for seed in range(20):
        measured, true = near_a_ceiling(seed, names)
        found = effects(measured, names)
        assert found is not None
        refit = scale_refit(results_of(measured, names), found)
        rows = dependences(found, interactions(found), refit.effects if refit else None)
        for row in rows:
            if row.reverses:
                one, other = (levels[:, names.index(name)]
                              for name in (row.without.technique, row.without.other))  # fmt: skip
                steps = [np.sum((one * true)[other == side]) for side in (-1, 1)]
                told.append(steps[0] * steps[1] < -1e-12)
    assert len(told) > 30
    assert all(told)


def test_a_pair_that_is_seen_in_a_sum_alone_has_none() -> None:
    half = [run for run in runs(3) if (len(run.on) % 2) == 0]  # residual is deeper × batch_norm
    found = effects(half, NAMES)
    assert found is None or np.isnan(simple_effect(found, "residual", "deeper", on=True).effect)


def test_a_technique_that_does_not_vary_is_named_in_the_error() -> None:
    found = effects(runs(2), NAMES)
    assert found is not None
    with pytest.raises(InputError, match="'mixup' is no technique that varies"):
        simple_effect(found, "residual", "mixup", on=True)
