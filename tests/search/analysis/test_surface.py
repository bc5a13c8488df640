"""The surface that recipes are predicted from, held to the same model in longhand."""

import numpy as np
import pytest

from search.analysis.surface import Points, fit_surface

_VAGUE = 1e6
"""The variance of a random effect of which nothing is known beforehand, as good as a fixed one."""


def test_what_else_runs_differ_in_is_a_fixed_effect() -> None:
    random = np.random.default_rng(3)
    levels = random.choice([-1.0, 1.0], (40, 3))
    keys = ((levels > 0) @ [1, 2, 4]).astype(np.int64)
    beside = random.standard_normal((40, 2))
    values = 5 + levels @ [1, 0.5, 0] + beside @ [7, -4] + 0.3 * random.standard_normal(40)
    surface = fit_surface(Points(levels, keys, beside), values)
    assert surface is not None
    asked = Points(np.array([[1.0, 1, 1], [-1, -1, -1], [1, -1, 1]]), np.array([7, 0, 5]))
    means, spread = surface.predict(asked)

    techniques, pairs, own, noise = surface.variances

    def covariance(one: Points, other: Points) -> np.ndarray:
        products = one.levels @ other.levels.T
        same = one.keys[:, np.newaxis] == other.keys
        return np.asarray(techniques * products / 3 + pairs * (products**2 - 3) / 6 + own * same)

    every = Points(levels, keys)
    fixed, at_zero = np.column_stack([np.ones(40), beside]), np.array([[1.0, 0, 0]] * 3)
    observed = covariance(every, every) + noise * np.eye(40) + _VAGUE * fixed @ fixed.T
    across = covariance(asked, every) + _VAGUE * at_zero @ fixed.T
    there = covariance(asked, asked) + _VAGUE * at_zero @ at_zero.T
    expected = across @ np.linalg.solve(observed, values)
    np.testing.assert_allclose(means, expected, atol=1e-3)
    left = there - across @ np.linalg.solve(observed, across.T)
    np.testing.assert_allclose(spread, left, atol=1e-3)
    assert noise == pytest.approx(0.09, rel=0.5)
    assert means[0] - means[1] == pytest.approx(3, abs=0.5)


def test_a_recipe_is_predicted_at_other_values_of_what_else_runs_differ_in() -> None:
    random = np.random.default_rng(6)
    levels = random.choice([-1.0, 1.0], (60, 3))
    keys = ((levels > 0) @ [1, 2, 4]).astype(np.int64)
    beside = random.standard_normal((60, 2))
    terms = levels * beside[:, :1]
    values = levels @ [1, 0.5, 0] + beside @ [2, -1] + terms @ [1, 0, 0]
    values = values + 0.3 * random.standard_normal(60)
    surface = fit_surface(Points(levels, keys, beside, terms), values)
    assert surface is not None
    at = np.array([[0.0, 0], [1, -1], [2, 0.5]])
    turned = np.array([[1.0, 1, 1], [-1, -1, -1], [1, -1, 1]])
    asked = Points(turned, np.array([7, 0, 5]), at, turned * at[:, :1])
    means, spread = surface.predict(asked)

    def covariance(one: Points, other: Points) -> np.ndarray:
        assert one.terms is not None
        assert other.terms is not None
        alike = surface.variances[4] * one.terms @ other.terms.T / 3
        return np.asarray(_covariance(surface.variances, one, other) + alike)

    every = Points(levels, keys, beside, terms)
    fixed, wanted = (np.column_stack([np.ones(len(one)), one]) for one in (beside, at))
    noise = surface.variances[3] * np.eye(60)
    observed = covariance(every, every) + noise + _VAGUE * fixed @ fixed.T
    across = covariance(asked, every) + _VAGUE * wanted @ fixed.T
    there = covariance(asked, asked) + _VAGUE * wanted @ wanted.T
    np.testing.assert_allclose(means, across @ np.linalg.solve(observed, values), atol=1e-3)
    left = there - across @ np.linalg.solve(observed, across.T)
    np.testing.assert_allclose(spread, left, atol=1e-3)
    np.testing.assert_allclose(surface.means(asked), means)
    np.testing.assert_allclose(surface.errors(asked), np.sqrt(np.diag(spread)))
    # A column and a term by themselves: what a step of the first column is worth by a technique.
    worth, doubt = surface.beside(np.array([0]), np.array([0]))
    stepped = np.array([[1.0, 0], [0, 0]])
    both = Points(levels[[0, 0]], keys[[0, 0]], stepped, np.column_stack([stepped, np.zeros(2)]))
    assert worth.sum() == pytest.approx(np.subtract(*surface.means(both)))
    apart = np.array([1, -1]) @ surface.predict(both)[1] @ [1, -1]
    assert doubt.sum() == pytest.approx(apart)


def test_luck_of_recipes_that_ran_once_is_not_believed() -> None:
    """Of 600 random recipes in 4,096, none has anything of its own."""
    random = np.random.default_rng(8)
    levels = random.choice([-1.0, 1.0], (600, 12))
    keys = ((levels > 0) @ 2 ** np.arange(12)).astype(np.int64)
    truth = levels[:, 0] - 0.5 * levels[:, 1]
    surface = fit_surface(Points(levels, keys), truth + random.standard_normal(600))
    assert surface is not None
    _, pairs, own, noise = surface.variances
    assert max(own, pairs) < 0.05 * noise
    observed = surface.observed
    errors = surface.means(observed) - (observed.levels[:, 0] - 0.5 * observed.levels[:, 1])
    assert np.sqrt(np.mean(errors**2)) < 0.3
    assert surface.predict(observed)[0].max() < 2.2  # of 1.5


def test_the_doubt_of_the_variances_is_that_of_predictions_with_others() -> None:
    random = np.random.default_rng(5)
    levels = random.choice([-1.0, 1.0], (30, 4))
    keys = ((levels > 0) @ [1, 2, 4, 8]).astype(np.int64)
    beside = random.standard_normal((30, 1))
    values = levels @ [1, 0.5, 0, 0] + beside[:, 0] + 0.5 * random.standard_normal(30)
    surface = fit_surface(Points(levels, keys, beside), values)
    assert surface is not None
    turned = random.choice([-1.0, 1.0], (12, 4))
    at = random.standard_normal((12, 1))
    asked = Points(turned, ((turned > 0) @ [1, 2, 4, 8]).astype(np.int64), at)

    def means(variances: np.ndarray) -> np.ndarray:
        fixed = np.column_stack([np.ones(30), beside])
        every = Points(levels, keys)
        observed = _covariance(variances, every, every) + variances[3] * np.eye(30)
        inverse = np.linalg.inv(observed)
        effects = np.linalg.solve(fixed.T @ inverse @ fixed, fixed.T @ inverse @ values)
        across = _covariance(variances, asked, every)
        wanted = np.column_stack([np.ones(12), at])
        return np.asarray(wanted @ effects + across @ inverse @ (values - fixed @ effects))

    np.testing.assert_allclose(means(surface.variances), surface.predict(asked)[0])
    step = 1e-5
    slopes = np.array([
        (means(surface.variances * np.exp(turn)) - means(surface.variances * np.exp(-turn)))
        / (2 * step)
        for turn in step * np.eye(4)
    ])  # fmt: skip
    doubt = surface.doubt(asked)
    solve = np.linalg.pinv(slopes)
    of_logarithms = solve.T @ doubt @ solve
    np.testing.assert_allclose(slopes.T @ of_logarithms @ slopes, doubt, rtol=1e-4, atol=1e-9)
    # No logarithm is taken to have a standard deviation of more than 1, and some hardly less.
    most = np.linalg.eigvalsh(slopes.T @ slopes)[-1]
    assert 0.1 * most < np.linalg.eigvalsh(doubt)[-1] < most


def _covariance(variances: np.ndarray, one: Points, other: Points) -> np.ndarray:
    products = one.levels @ other.levels.T
    count = one.levels.shape[1]
    pairs = (products**2 - count) / (count * (count - 1))
    same = one.keys[:, np.newaxis] == other.keys
    return np.asarray(variances[0] * products / count + variances[1] * pairs + variances[2] * same)


@pytest.mark.parametrize("runs", [200, 1000])
def test_of_many_runs_as_of_few_the_rest_is_taken_out(runs: int) -> None:
    random = np.random.default_rng(1)
    levels = random.choice([-1.0, 1.0], (runs, 4))
    keys = ((levels > 0) @ [1, 2, 4, 8]).astype(np.int64)
    beside = random.standard_normal((runs, 3))
    noise = 0.5 * random.standard_normal(runs)
    values = levels @ [1, 0.5, -0.25, 0] + beside @ [9, -5, 3] + noise
    surface = fit_surface(Points(levels, keys, beside), values)
    assert surface is not None
    ends = Points(np.array([[1.0, 1, -1, 1], [-1, -1, 1, -1]]), np.array([11, 4]))
    means, spread = surface.predict(ends)
    error = float(np.sqrt([1, -1] @ spread @ [1, -1]))
    assert means[0] - means[1] == pytest.approx(3.5, abs=3 * error)
    assert error == pytest.approx(2 * 0.5 * np.sqrt(4 / runs), rel=0.4)
    assert surface.variances[3] == pytest.approx(0.25, rel=0.3)


def test_runs_that_differ_in_nothing_else_are_as_good_as_their_means() -> None:
    random = np.random.default_rng(0)
    levels = np.repeat(random.choice([-1.0, 1.0], (10, 4)), 3, axis=0)
    points = Points(levels, ((levels > 0) @ [1, 2, 4, 8]).astype(np.int64))
    values = levels @ [2, 1, 0, 0] + random.standard_normal(30)
    by_means = fit_surface(points, values)
    noise = 1e-9 * random.standard_normal((30, 1))
    by_runs = fit_surface(Points(points.levels, points.keys, noise), values)
    assert by_means is not None
    assert by_runs is not None
    assert by_runs.fixed == 2
    assert by_means.fixed == 1
    # One column of noise takes one of 29 degrees of freedom.
    np.testing.assert_allclose(by_runs.means(points), by_means.means(points), atol=0.4)


def test_of_many_recipes_all_count() -> None:
    random = np.random.default_rng(2)
    levels = random.choice([-1.0, 1.0], (900, 12))
    keys = ((levels > 0) @ (1 << np.arange(12))).astype(np.int64)
    values = levels @ [1.0, *[0] * 11] + 2 * random.standard_normal(900)
    surface = fit_surface(Points(levels, keys), values)
    assert surface is not None
    assert len(surface.observed.keys) == len(np.unique(keys))
    assert 2 * surface.slopes[0] == pytest.approx(2, abs=3 * 4 / np.sqrt(900))
    assert surface.variances[2] + surface.variances[3] == pytest.approx(4, rel=0.3)


def test_of_many_recipes_too_the_slope_of_the_rest_is_uncertain() -> None:
    """The number goes along with a technique, and hardly changes within a recipe."""
    random = np.random.default_rng(4)
    levels = np.repeat(random.choice([-1.0, 1.0], (400, 12)), 2, axis=0)
    keys = ((levels > 0) @ (1 << np.arange(12))).astype(np.int64)
    within = np.tile([0.1, -0.1], 400)
    beside = (levels[:, 0] + within)[:, np.newaxis]
    values = levels @ [0, *[1.0] * 11] + 0.5 * random.standard_normal(800)
    surface = fit_surface(Points(levels, keys, beside), values)
    assert surface is not None
    pair = Points(np.array([[1.0] * 12, [-1.0, *[1.0] * 11]]), np.array([4095, 4094]))
    means, spread = surface.predict(pair)
    error = float(np.sqrt([1, -1] @ spread @ [1, -1]))
    slope = 0.5 / np.sqrt(800 * 0.1**2)
    assert error > 1.9 * slope
    assert abs(means[0] - means[1]) < 3 * error


def test_columns_that_add_up_to_a_constant_are_taken_at_their_means() -> None:
    """As those of what only some runs were asked for may, each of the others its own."""
    random = np.random.default_rng(7)
    levels = random.choice([-1.0, 1.0], (24, 2))
    keys = ((levels > 0) @ [1, 2]).astype(np.int64)
    some = np.arange(24) % 3 == 0
    values = 5 + levels @ [1, 0] + 2 * some + 0.1 * random.standard_normal(24)
    beside = np.column_stack([some, ~some]).astype(float)
    surface = fit_surface(Points(levels, keys, beside), values)
    assert surface is not None
    ends = Points(np.array([[1.0, 1], [-1, 1]]), np.array([3, 2]))
    means = surface.predict(ends)[0]
    assert means[0] - means[1] == pytest.approx(2, abs=0.2)
    assert means.mean() == pytest.approx(5 + 2 / 3, abs=0.2)
