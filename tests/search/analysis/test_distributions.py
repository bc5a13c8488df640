"""kouka's own distributions, roots and minima beside SciPy's."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import optimize, special, stats

from search.analysis.distributions import (
    beta_cdf,
    beta_quantile,
    normal_cdf,
    normal_quantile,
    symmetric_root,
)
from search.analysis.rank_correlation import ranks
from search.analysis.solving import minimum, root
from search.analysis.t_distribution import cdf, quantile

DOF = (0.3, 1, 2, 5.5, 37, 999, 1e5)


@pytest.mark.parametrize("dof", DOF)
def test_t_has_the_probabilities_and_quantiles_of_scipy(dof: float) -> None:
    for t in (-40, -3, -0.1, 0, 1e-9, 1.96, 20, 1e8, math.inf, -math.inf):
        assert cdf(t, dof) == pytest.approx(float(special.stdtr(dof, t)), rel=1e-9, abs=1e-290)
    for p in (1e-12, 0.01, 0.4, 0.5, 0.7, 0.975, 1 - 1e-9):
        expected = float(special.stdtrit(dof, p))
        assert quantile(dof, p) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_no_degrees_of_freedom_and_no_t_give_no_number() -> None:
    assert math.isnan(cdf(1, 0))
    assert math.isnan(cdf(math.nan, 3))
    assert math.isnan(quantile(0))
    assert (quantile(3, 1), quantile(3, 0)) == (math.inf, -math.inf)


def test_the_normal_distribution_is_that_of_scipy() -> None:
    for z in (-30, -2, 0, 0.3, 8):
        assert normal_cdf(z) == pytest.approx(float(special.ndtr(z)), rel=1e-12)
    for p in (0, 1e-300, 0.2, 0.5, 1 - 1e-12, 1):
        assert normal_quantile(p) == pytest.approx(float(special.ndtri(p)), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("count", "of"), [(1, 1), (1, 20_000), (333, 1_000), (39, 40)])
def test_the_beta_distribution_is_that_of_scipy(count: int, of: int) -> None:
    shape = (count, of - count + 1)
    for x in (0, 1e-6, 0.1, 0.34, 0.77, 0.9999, 1):
        assert beta_cdf(*shape, x) == pytest.approx(float(special.betainc(*shape, x)), abs=1e-11)
    for p in (0.025, 0.5, 0.975):
        expected = float(special.betaincinv(*shape, p))
        assert beta_quantile(*shape, p) == pytest.approx(expected, rel=1e-6)


def test_a_root_is_found_between_two_places() -> None:
    for at, power in product((0.01, 0.5, 7.0), (1, 3)):

        def function(x: float, at: float = at, power: int = power) -> float:
            return math.exp(x) * (x - at) ** power

        assert root(function, -1, 8) == pytest.approx(at, abs=1e-4 if power > 1 else 1e-11)
        assert root(lambda x, f=function: -f(x), -1, 8) == pytest.approx(at, abs=1e-4)  # type: ignore[misc]
    assert root(lambda x: x, 0, 3) == 0
    assert root(lambda x: x + 1, 0, 3) == 0  # the end that is nearer


@pytest.mark.parametrize("bounds", [(-5.0, 5.0), (1.5, 5.0), (-5.0, -0.5)])
def test_a_minimum_within_bounds_is_that_of_scipy(bounds: tuple[float, float]) -> None:
    start = np.full(4, bounds[1])

    def rosenbrock(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(optimize.rosen(x)), np.asarray(optimize.rosen_der(x))

    expected = optimize.minimize(
        rosenbrock, start, jac=True, method="L-BFGS-B", bounds=[bounds] * 4
    )
    found = minimum(rosenbrock, start, *bounds)
    assert np.all((found >= bounds[0]) & (found <= bounds[1]))
    assert rosenbrock(found)[0] <= expected.fun + 1e-6 * max(1, expected.fun)


def test_equal_values_share_their_rank() -> None:
    values = [3.0, 1.0, 3.0, 2.0, 3.0, 1.0]
    assert (ranks(values) + 1).tolist() == stats.rankdata(values).tolist()


def test_draws_hardly_change_where_their_covariance_hardly_does() -> None:
    """Its eigenvectors may be any in a plane, as those of equal variances are."""
    random = np.random.default_rng(0)
    columns = random.standard_normal((6, 3))
    covariance = columns @ columns.T + np.eye(6)
    found = symmetric_root(covariance)
    np.testing.assert_allclose(found @ found.T, covariance, atol=1e-12)
    rounded = covariance * (1 + 1e-13 * random.standard_normal((6, 6)))
    rounded = (rounded + rounded.T) / 2
    np.testing.assert_allclose(symmetric_root(rounded), found, atol=1e-11)
