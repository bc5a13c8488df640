"""Simple effects against least squares on indicator columns, by statsmodels."""

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm

from search.analysis.effects import effects
from search.analysis.simple_effects import simple_effect
from search.results import Run

pytestmark = pytest.mark.numeric

NAMES = ("residual", "deeper", "batch_norm")


def runs(repeats: int) -> list[Run]:
    """All recipes of three techniques, of which two interact."""
    random = np.random.default_rng(3)
    levels = [*product((0, 1), repeat=3)] * repeats
    return [
        Run(
            number, "measure", "complete", {},
            frozenset(name for name, one in zip(NAMES, on, strict=True) if one),
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
    np.testing.assert_allclose([row.low, row.high], fitted.conf_int()[1], rtol=1e-9)
    assert abs(row.effect - (5 if on else -4)) < 1.5


def test_a_pair_that_is_seen_in_a_sum_alone_has_none() -> None:
    half = [run for run in runs(3) if (len(run.on) % 2) == 0]  # residual is deeper × batch_norm
    found = effects(half, NAMES)
    assert found is None or np.isnan(simple_effect(found, "residual", "deeper", on=True).effect)


def test_a_technique_that_does_not_vary_is_named_in_the_error() -> None:
    found = effects(runs(2), NAMES)
    assert found is not None
    with pytest.raises(KeyError, match="'mixup'"):
        simple_effect(found, "residual", "mixup", on=True)
