"""Effects of a design with missing runs, in which the interactions are random."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
import statsmodels.api

from search.analysis.effects import Effects, effects
from search.analysis.fitted_runs import fitted_runs
from search.analysis.interactions import interactions
from search.analysis.random_pairs import fit_mixed, random_effects
from search.parameters import Number
from search.planning.design import design, fraction, pair_columns
from search.results import Run
from tests.support.fakes import EFFECTS
from tests.support.simulate import NAMES, random_pairs, repeats_of, run, simulated

pytestmark = [pytest.mark.numeric, pytest.mark.usefixtures("unranked")]

SIXTEEN, SIXTY_FOUR = design(8, 16, 16), design(8, 64, 64)


def fitted(rows: np.ndarray, seed: int = 0, noise: float = 1.0, spread: float = 0.0) -> Effects:
    pairs = random_pairs(NAMES, seed, spread) if spread else None
    found = effects(simulated(rows, seed, noise, pairs), NAMES)
    assert found is not None
    return found


def half_width(found: Effects) -> float:
    return float(np.mean([e.high - e.low for e in found.effects])) / 2


def oracle(
    fixed: np.ndarray, random: np.ndarray, values: np.ndarray, shapes: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The means over what the spread of the interactions, and the noise, may be.

    By the likelihood of the residuals in its textbook form, with whole matrices: coefficients,
    their covariance, each run as the others predict it, and what its own errors add to the
    variances.
    """
    runs, free = len(values), len(values) - fixed.shape[1]
    ratios = np.exp(np.arange(-4.5, 7.6, 0.5))
    prior = ratios / (1 + ratios) ** 2 / np.sum(ratios / (1 + ratios) ** 2)
    logs, estimates, variances, predicted, estimators, noises = [], [], [], [], [], []
    for shape in shapes:
        weighed = fixed / shape[:, np.newaxis], random / shape[:, np.newaxis]
        clear = np.eye(runs) - weighed[0] @ np.linalg.pinv(weighed[0])
        mean_share = np.trace(clear @ weighed[1] @ weighed[1].T @ clear) / free
        for ratio, chance in zip([1e-9, *ratios], [1.0, *prior], strict=True):
            whole = np.diag(shape**2) + ratio / mean_share * random @ random.T
            inverse = np.linalg.inv(whole)
            information = fixed.T @ inverse @ fixed
            estimate = np.linalg.solve(information, fixed.T @ inverse @ values)
            left = values - fixed @ estimate
            squares = left @ inverse @ left
            logs.append(
                -0.5 * np.linalg.slogdet(whole)[1]
                - 0.5 * np.linalg.slogdet(information)[1]
                - free / 2 * math.log(squares)
                + math.log(chance * (len(shapes) - 1 if shape is shapes[0] and shapes[1:] else 1))
            )
            estimates.append(estimate)
            variances.append(squares / free * np.linalg.inv(information))
            estimators.append(np.linalg.solve(information, fixed.T @ inverse))
            noises.append(squares / free * shape**2)
            alone = []
            for at in range(runs):
                rest = np.arange(runs) != at
                among = np.linalg.inv(whole[np.ix_(rest, rest)])
                seen = fixed[rest].T @ among
                others = np.linalg.solve(seen @ fixed[rest], seen @ values[rest])
                across = whole[at, rest] @ among @ (values[rest] - fixed[rest] @ others)
                alone.append(fixed[at] @ others + across)
            predicted.append(alone)
    chances = np.exp(np.array(logs) - max(logs))
    chances /= chances.sum()
    mean = chances @ np.array(estimates)
    total = sum(
        chance * (variance + np.outer(estimate - mean, estimate - mean))
        for chance, variance, estimate in zip(chances, variances, estimates, strict=True)
    )
    left_out = chances @ np.array(predicted)
    weights = np.tensordot(chances, estimators, 1) ** 2
    room = 1 - np.diag(fixed @ np.linalg.pinv(fixed))
    own = np.sqrt(room) * (values - left_out) ** 2
    robust = weights @ own - weights @ (chances @ np.array(noises))
    return mean, np.asarray(total), left_out, robust


@pytest.mark.parametrize("share", [0.5, 0.15])
def test_the_fit_is_the_mean_over_the_interactions_and_the_noise(share: float) -> None:
    rows = SIXTY_FOUR[:44].copy()
    rows[:, 0] = np.arange(44) < 44 * share
    if share < 0.5:
        rows = np.random.default_rng(0).permuted(rows, axis=0)
    runs = simulated(rows, 3, 1.0, random_pairs(NAMES, 1, 1.0))
    found = effects(runs, NAMES)
    assert found is not None
    main = np.where(rows, 1.0, -1.0)
    few = rows[:, 0]
    shapes = [np.ones(44), *(np.where(few, times, 1.0) for times in (2, 4, 8) if share < 0.25)]
    values = np.array([one.scaled for one in runs])
    mean, total, predicted, _ = oracle(
        np.column_stack([np.ones(44), main]), pair_columns(main), values, shapes
    )
    for at, name in enumerate(NAMES, start=1):
        contrast = found.fit.model.technique_contrast(name)
        effect, error = (float(one[0]) for one in found.fit.estimate(contrast))
        assert effect == pytest.approx(2 * mean[at], abs=1e-3)
        assert error == pytest.approx(2 * math.sqrt(total[at, at]), rel=1e-3)
    beside = fitted_runs(found, runs)
    assert beside is not None
    assert [one.left_out for one in beside.runs] == pytest.approx(predicted.tolist(), abs=2e-3)


def by_rates(count: int, seed: int) -> list[Run]:
    """Two techniques, of which one moves the best learning rate by three standard errors of a
    run, and a decay that does nothing."""
    random = np.random.default_rng(seed)
    runs = []
    for sides in random.random((count, 2)) < 0.5:
        params = {"rate": random.uniform(-1, 1), "decay": random.uniform(0, 1)}
        points = 70 - 3 * (params["rate"] - (0.5 if sides[0] else -0.5)) ** 2
        points += 2 * sides[1] + random.standard_normal()
        on = {name for name, one in zip(NAMES, sides, strict=False) if one}
        runs.append(run(on, points / 100, params=params))
    return runs


NUMBERS = (Number("rate", -1, 1), Number("decay", 0, 1))


def test_what_numbers_change_in_techniques_is_random_too() -> None:
    runs = by_rates(44, seed=1)
    found = effects(runs, NAMES[:2], others=NUMBERS)
    assert found is not None
    degree = found.fit.model.covariates.degree
    sides = np.array([[1.0 if name in one.on else -1.0 for name in NAMES[:2]] for one in runs])
    powers = []
    for number in NUMBERS:
        values = np.array([one.params[number.name] for one in runs])
        powers.append(np.linalg.qr(np.vander(values, degree + 1, increasing=True))[0][:, 1:])
    # A line and a square, as long as the techniques' columns.
    bends = [math.sqrt(len(runs)) * one[:, :2] for one in powers]
    products = [
        *(side[:, np.newaxis] * bend for side in sides.T for bend in bends),
        bends[0][:, [0]] * bends[1][:, [0]],
    ]
    scaled = [*found.fit.model.products.values()]
    times = [
        float(np.std(one[:, 0]) / np.std(longhand[:, 0]))
        for one, longhand in zip(scaled, products, strict=True)
    ]
    assert int(np.argmax(times)) == 0, "the rate changes the first technique"
    for one, longhand, time in zip(scaled, products, times, strict=True):
        assert np.abs(one) == pytest.approx(time * np.abs(longhand))
    mean, total, _, robust = oracle(
        np.column_stack([np.ones(44), sides, *powers]),
        np.column_stack([sides[:, [0]] * sides[:, [1]], *scaled]),
        np.array([one.scaled for one in runs]), [np.ones(44)],
    )  # fmt: skip
    for at, name in enumerate(NAMES[:2], start=1):
        effect, error, _ = found.fit.first(found.fit.model.technique_contrast(name))
        assert effect == pytest.approx(2 * mean[at], abs=1e-3)
        variance = total[at, at] + max(0.0, robust[at])
        assert error == pytest.approx(2 * math.sqrt(variance), rel=1e-3)


def test_what_numbers_change_neither_hides_effects_nor_makes_interactions() -> None:
    held, widths, pairs = [], [], []
    for seed in range(60):
        found = effects(by_rates(60, seed), NAMES[:2], others=NUMBERS)
        assert found is not None
        second = found.of(NAMES[1])
        held.append(second.low <= 2 <= second.high)
        widths.append(second.high - second.low)
        (pair,) = interactions(found)
        pairs.append(pair.low <= 0 <= pair.high)
    assert np.mean(held) > 0.88
    assert np.mean(pairs) > 0.88
    assert np.mean(widths) < 1.6, "2.3 where what they change is noise"


@pytest.mark.parametrize(("noise", "spread"), [(1.0, 1.0), (6.0, 0.0)])
def test_a_rare_technique_spoils_no_interval(noise: float, spread: float) -> None:
    """With interactions as noise, 85 % of the others' intervals held their effects."""
    random = np.random.default_rng(0)
    others: list[bool] = []
    rare: list[bool] = []
    for seed in range(150):
        rows = random.random((64, 8)) < np.array([0.15, *random.uniform(0.3, 0.7, 7)])
        runs = [
            replace(one, value=(one.value or 0) + on * (noise - 1) * random.standard_normal() / 100)
            for one, on in zip(
                simulated(rows, seed, 1.0, random_pairs(NAMES, seed + 1000, spread)),
                rows[:, 0],
                strict=True,
            )
        ]
        found = effects(runs, NAMES)
        assert found is not None
        for one in found.effects:
            held = rare if one.technique == NAMES[0] else others
            held.append(one.low <= EFFECTS[one.technique] <= one.high)
    assert np.mean(others) > 0.92
    assert np.mean(rare) > 0.9


def test_a_run_that_diverged_is_named() -> None:
    rows = np.random.default_rng(1).random((40, 6)) < 0.5
    names = NAMES[:6]
    runs = simulated(rows, 0, 1.0, effects={name: EFFECTS[name] for name in names})
    runs[7] = replace(runs[7], value=(runs[7].value or 0) - 0.3)
    found = effects(runs, names)
    assert found is not None
    assert found.fit.model.random_pairs
    beside = fitted_runs(found, runs)
    assert beside is not None
    assert [at for at, one in enumerate(beside.runs) if one.missed] == [7]


@pytest.mark.parametrize(("whole", "left"), [(32, 26), (32, 30), (64, 40)])
def test_no_run_counts_twice_for_the_noise(whole: int, left: int) -> None:
    """Repeated runs tell the noise, and interactions too, which are of the measured runs."""
    for seed in range(20):
        rows = np.random.default_rng(seed).permutation(design(8, whole, whole))[:left]
        found = effects(simulated(rows, seed, 1.0), NAMES, repeats_of(([], NAMES), 5, 1.0))
        assert found is not None
        assert found.fit.dof_from_repeats in (0, 8)
        assert found.dof <= left - 9 + found.fit.dof_from_repeats
        assert found.fit.dof_from_residuals >= 0


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_intervals_narrow_as_runs_are_added(spread: float) -> None:
    order = np.random.default_rng(0).permutation(64)
    widths = [
        float(np.mean([half_width(fitted(SIXTY_FOUR[order[:count]], seed, spread=spread))
                       for seed in range(12)]))
        for count in (14, 20, 28, 36, 40, 44, 52, 60, 64)
    ]  # fmt: skip
    assert all(more < 1.1 * fewer for fewer, more in pairwise(widths))


def test_interactions_that_the_runs_separate_are_those_of_least_squares() -> None:
    rows = SIXTY_FOUR[:60]
    found = fitted(rows, spread=1.0)
    main = np.where(rows, 1.0, -1.0)
    columns = np.column_stack([np.ones(60), main, pair_columns(main)])
    values = [one.scaled for one in simulated(rows, 0, 1.0, random_pairs(NAMES, 0, 1.0))]
    coefficients = np.linalg.lstsq(columns, values)[0]
    model = found.fit.model
    for at in range(28):
        estimate, _ = found.fit.estimate(model.group_contrast(at))
        assert estimate[0] == pytest.approx(4 * coefficients[9 + at])


def test_a_lost_pair_of_opposite_recipes_leaves_every_effect() -> None:
    opposite = next(r for r in range(1, 16) if np.array_equal(SIXTEEN[r], ~SIXTEEN[0]))
    rows = np.delete(SIXTEEN, [0, opposite], axis=0)
    inside = []
    for seed in range(25):
        found = effects(simulated(rows, seed, 0.5), NAMES, repeats_of(([], NAMES), 3, 0.5))
        assert found is not None
        assert all(math.isfinite(e.low) for e in found.effects)
        inside += [e.low <= EFFECTS[e.technique] <= e.high for e in found.effects]
    assert np.mean(inside) > 0.9


def test_values_without_noise_give_their_effects_exactly() -> None:
    found = fitted(np.random.default_rng(0).permutation(SIXTY_FOUR)[:52], noise=0.0, spread=2.0)
    assert found.noise == 0
    for effect in found.effects:
        assert effect.effect == pytest.approx(EFFECTS[effect.technique], abs=1e-6)


def deterministic(recipes: str, pair: float = 0.0) -> Effects | None:
    """Of the value of each recipe, without noise, such as `abc -b- ---`."""
    worth = {"a": 0.5, "b": 0.4, "c": 0.0}
    runs = []
    for recipe in recipes.split():
        on = [name for name in recipe if name in worth]
        together = pair * ("a" in on and "b" in on)
        runs.append(run(on, (10 + sum(worth[name] for name in on) + together) / 100))
    return effects(runs, tuple(worth))


def test_a_program_that_draws_nothing_has_the_effects_that_its_recipes_show() -> None:
    """Its recipes with `a` and `b` failed; what is left still shows both, and again."""
    twice = "--- --c a-- a-c -b- -bc " * 2
    found = deterministic(twice)
    assert found is not None
    for name, worth in (("a", 0.5), ("b", 0.4), ("c", 0.0)):
        effect = found.of(name)
        assert (effect.low, effect.high) == pytest.approx((worth, worth), abs=1e-9)
    assert [found.of(name).verdict for name in "abc"] == ["helps", "helps", "no clear effect"]


@pytest.mark.parametrize("recipes", ["ab- abc abc abc a-c", "abc abc --c ab- a-c ---"])
def test_recipes_that_are_just_enough_tell_no_effect_surely(recipes: str) -> None:
    """Five or six trials, of which the techniques explain any values."""
    found = deterministic(recipes)
    assert found is None or not any(e.verdict in ("helps", "hurts") for e in found.effects)
    for effect in found.effects if found else ():
        assert math.isnan(effect.effect) or abs(effect.effect) < 1


def test_techniques_that_change_together_have_no_estimate() -> None:
    rows = fraction(8, 32)[:20].copy()
    rows[:, 1] = rows[:, 0]
    found = fitted(rows)
    assert [e.technique for e in found.effects if math.isnan(e.effect)] == list(NAMES[:2])


def test_interactions_on_the_scale_of_the_noise_are_those_of_least_squares() -> None:
    rows = fraction(8, 32)[1:]
    values = np.random.default_rng(2).standard_normal(31)
    main = np.where(rows, 1.0, -1.0)
    pairs = np.unique(pair_columns(main) * pair_columns(main)[0], axis=1)  # one of each alias
    oracle = statsmodels.api.OLS(values, np.column_stack([np.ones(31), main, pairs])).fit()
    expected = oracle.params[9:] / oracle.bse[9:] * math.sqrt(oracle.mse_resid)
    fixed = np.column_stack([np.ones(31), main])
    assert random_effects(fixed, 2 * pairs, values[:, np.newaxis])[:, 0] == pytest.approx(expected)


def test_a_few_lost_runs_widen_little_where_few_pairs_interact() -> None:
    names = tuple(f"t{place}" for place in range(12))
    rows = fraction(12, 64)
    worth = dict.fromkeys(names, 1.0)
    few = dict.fromkeys(list(combinations(names, 2))[::12], 3.0)
    runs = simulated(rows, 1, 1.0, few, worth)
    random = np.random.default_rng(0)
    repeats = [[run(on, 0.7 + 0.01 * random.standard_normal()) for _ in range(3)]
               for on in ((), names, names[:3])]  # fmt: skip
    whole, part = effects(runs, names, repeats), effects(runs[2:], names, repeats)
    assert whole is not None
    assert part is not None
    assert half_width(part) < 1.3 * half_width(whole)


@pytest.mark.parametrize(("spread", "missing"), [(0.0, 1), (0.0, 2), (0.5, 1)])
def test_an_interrupted_design_knows_no_more_than_a_whole_one(spread: float, missing: int) -> None:
    """The residuals tell of the noise once, and not a second time as small interactions."""
    random = np.random.default_rng(0)
    whole, part = [], []
    for seed in range(40):
        rows = SIXTEEN[random.permutation(16)]
        whole.append(half_width(fitted(rows, seed, spread=spread)))
        part.append(half_width(fitted(rows[missing:], seed, spread=spread)))
    assert np.median(part) >= np.median(whole)


def test_a_standard_error_of_each_shape_of_the_noise_makes_up_the_covariance() -> None:
    random = np.random.default_rng(0)
    sides = np.tile([1.0, 1.0, -1.0, -1.0], 10)
    fixed = np.column_stack([np.ones(40), sides])
    values = random.standard_normal((40, 1))
    inverse = np.linalg.pinv(fixed)
    noisier = (np.arange(40) < 20, np.arange(40) >= 20)
    mixed = fit_mixed(fixed, np.empty((40, 0)), inverse, values, np.zeros(1), 0, noisier)
    contrast = np.array([0.0, 2.0])
    errors, chances = mixed.errors(contrast)
    assert 1 < len(errors) <= 7  # one noise, or twice, four or eight times as much on either side
    assert np.ptp(errors) > 0
    assert np.sum(chances) == pytest.approx(1)
    whole = contrast @ mixed.covariances[0] @ contrast
    assert chances @ errors**2 == pytest.approx(whole)
