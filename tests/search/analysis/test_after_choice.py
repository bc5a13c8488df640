"""Intervals of estimates that are shown only where they are large."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student

from search.analysis.after_choice import after_choice

pytestmark = pytest.mark.numeric


def truncated(estimate: float, threshold: float, offset: float, probability: float) -> float:
    """The end of the interval for a noise that is known, by the truncated normal distribution."""

    def beyond(truth: float) -> float:
        low, high = (norm.cdf(sign * threshold - truth - offset) for sign in (-1, 1))
        above = norm.sf(estimate - truth)
        if estimate + offset < 0:
            above -= high - low
        return float(above / (1 - high + low) - probability)

    return float(brentq(beyond, estimate - 12, estimate + 12))


@pytest.mark.parametrize(
    ("estimate", "offset"), [(3.1, 0.0), (4.0, 0.0), (-3.3, 0.0), (1.4, 1.8), (-1.0, -2.5)]
)
def test_with_many_degrees_of_freedom_it_is_by_the_truncated_normal(
    estimate: float, offset: float
) -> None:
    found = after_choice(estimate, 1.0, 1e7, 3.0, offset)
    oracle = [truncated(estimate, 3.0, offset, p) for p in (0.025, 0.975)]
    np.testing.assert_allclose(found, oracle, atol=2e-3)


def test_far_from_the_threshold_it_is_students_interval_in_any_unit() -> None:
    np.testing.assert_allclose(
        after_choice(500.0, 10.0, 12, 3.0), student(12, 500, 10).interval(0.95), rtol=1e-4
    )


@pytest.mark.parametrize("truth", [0.0, 1.0, 2.5])
def test_it_covers_as_often_as_it_says_where_few_are_shown(truth: float) -> None:
    """With five degrees of freedom, where plain intervals cover 0, 47 and 86 % of what is shown."""
    random, dof, threshold, tries = np.random.default_rng(0), 5, 3.0, 400
    draws = 4000 * tries // 100
    error = np.sqrt(random.chisquare(dof, draws) / dof)
    estimate = truth + random.standard_normal(draws)
    shown = np.flatnonzero(np.abs(estimate) >= threshold * error)[:tries]
    ends = [after_choice(estimate[at], error[at], dof, threshold) for at in shown]
    covered = np.mean([low <= truth <= high for low, high in ends])
    assert len(shown) >= 300
    assert 0.92 < covered < 0.98


def test_without_noise_it_has_no_width() -> None:
    assert after_choice(2.0, 0.0, 8, 3.0) == (2.0, 2.0)
