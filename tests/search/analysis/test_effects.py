import math
import statistics
import warnings
from functools import partial
from itertools import combinations, permutations, product

import numpy as np
import pytest
import statsmodels.api
from scipy.integrate import quad
from scipy.stats import chi, multivariate_t, norm
from scipy.stats import t as student

from search.analysis.effects import CERTAIN, effects, repeated
from search.analysis.t_distribution import critical_value, familywise, two_sided
from search.planning.design import design, pair_columns
from search.results import Run
from tests.support.fakes import EFFECTS
from tests.support.simulate import (
    NAMES,
    random_pairs,
    repeats_of,
    results_of,
    run,
    simulated,
    value,
    values,
)

pytestmark = pytest.mark.numeric

ENDS: tuple[list[str], ...] = ([], list(NAMES), ["augmentation", "batch_norm"])


def levels_of(runs: list[Run]) -> np.ndarray:
    return np.array([[1.0 if name in r.on else -1.0 for name in NAMES] for r in runs])


@pytest.mark.parametrize(
    ("rows", "pairs"),
    [
        (design(8, 16, 16), False),
        (design(8, 64, 64), True),
        (design(8, 128, 128)[np.r_[0:40, 43:128]], True),
    ],
    ids=["16", "64", "128 less 3"],
)
def test_the_fit_equals_statsmodels(rows: np.ndarray, pairs: bool) -> None:
    runs = simulated(rows, seed=1, noise=1.0, pairs={("augmentation", "batch_norm"): 8.0})
    fit = effects(runs, NAMES)
    assert fit is not None
    assert fit.pairs == pairs
    main = levels_of(runs)
    columns = np.column_stack([np.ones(len(main)), main, *([pair_columns(main)] if pairs else [])])
    oracle = statsmodels.api.OLS([r.scaled for r in runs], columns).fit(cov_type="HC2", use_t=True)
    assert fit.dof == oracle.df_resid
    assert fit.noise == pytest.approx(math.sqrt(oracle.mse_resid))
    for effect in fit.effects:
        column = 1 + NAMES.index(effect.technique)
        # statsmodels takes the residuals' degrees of freedom, of which unequal weights have fewer.
        dof = fit.fit.dof_of(fit.fit.model.technique_contrast(effect.technique))
        assert 0.9 * fit.dof < dof <= fit.dof
        assert effect.effect == pytest.approx(2 * oracle.params[column])
        margin = student.ppf(0.975, dof) * 2 * oracle.bse[column]
        ends = [effect.effect - margin, effect.effect + margin]
        assert [effect.low, effect.high] == pytest.approx(ends)
        t = abs(oracle.tvalues[column])
        assert effect.p_value == pytest.approx(p_of_the_largest(t, dof, 8), abs=1e-7)


def p_of_the_largest(t: float, dof: float, tests: int) -> float:
    """The studentized maximum modulus, by adaptive quadrature over the noise's estimate."""

    def beyond(s: float) -> float:
        return float(chi.pdf(s * math.sqrt(dof), dof) * math.sqrt(dof)
                     * (1 - (1 - 2 * norm.sf(t * s)) ** tests))  # fmt: skip

    return float(quad(beyond, 0, 8, points=[0.5, 1, 2], limit=200)[0])


@pytest.mark.parametrize("tests", [1, 3, 8, 20])
@pytest.mark.parametrize("dof", [1, 4, 27, 300])
def test_the_critical_value_is_that_of_a_p_value_of_five_per_cent(dof: int, tests: int) -> None:
    assert p_of_the_largest(critical_value(dof, tests), dof, tests) == pytest.approx(0.05, abs=2e-5)


@pytest.mark.parametrize("dof", [1, 4, 7, 27, 300])
def test_the_p_value_of_one_test_is_students(dof: int) -> None:
    for t in (0.0, 1e-17, 0.5, 2.0, 5.0):
        assert familywise(t, dof, 1) == pytest.approx(two_sided(t, dof), abs=1e-9)


@pytest.mark.parametrize("count", [16, 32])
def test_repeated_runs_and_small_interactions_lend_their_noise(count: int) -> None:
    """The oracles: measured and repeated runs in one regression, with a constant for each recipe;
    and Dong's standard error of its interactions (Dong 1993), in longhand."""
    runs = simulated(design(8, count, count), 1, 1.0, random_pairs(NAMES, 0, 2.0))
    repeats = repeats_of(ENDS, 3, 1.0)
    fit = effects(runs, NAMES, repeats)
    assert fit is not None
    assert fit.pairs
    assert fit.fit.dof_from_repeats == 6
    main = levels_of(runs)
    pairs = np.unique(pair_columns(main) * pair_columns(main)[0], axis=1)  # one of each alias
    own = np.column_stack([np.ones(count), main, pairs])
    columns = np.zeros((count + 9, own.shape[1] + 3))
    columns[:count, : own.shape[1]] = own
    columns[count:, own.shape[1] :] = np.kron(np.eye(3), np.ones((3, 1)))
    values = [r.scaled for r in [*runs, *(r for group in repeats for r in group)]]
    oracle = statsmodels.api.OLS(values, columns).fit()
    interactions = sorted(abs(oracle.params[9 : own.shape[1]]) * math.sqrt(count))
    first = 1.5 * statistics.median(interactions)
    chance = statistics.fmean(size**2 for size in interactions if size <= 2.5 * first)
    least = len(interactions) // 2
    assert fit.fit.dof_from_interactions == least
    assert fit.dof == oracle.df_resid + least
    noise = math.sqrt((oracle.ssr + least * chance) / fit.dof)
    assert fit.noise == pytest.approx(noise)
    ordinary = sum(min(size, 4 * first) ** 2 - noise**2 for size in interactions) / 28 / count
    for effect in fit.effects:
        place = NAMES.index(effect.technique)
        others = np.delete(main, place, axis=1).T
        # The interactions of three others that are this effect, up to their sign.
        triples = [np.prod(three, axis=0) @ main[:, place] for three in combinations(others, 3)]
        aliased = sum(abs(shared) == count for shared in triples)
        error = 2 * math.sqrt(noise**2 / count + 0.05 * aliased * ordinary)
        half = student.ppf(0.975, fit.dof) * error
        middle = 2 * oracle.params[1 + place]
        assert effect.effect == pytest.approx(middle)
        assert [effect.low, effect.high] == pytest.approx([middle - half, middle + half])


def test_a_few_large_interactions_do_not_pass_for_noise() -> None:
    """Sixteen runs of little noise, quiet repeats, and one pair in 28 that matters much."""
    none = dict.fromkeys(combinations(NAMES, 2), 0.0)
    halves = []
    for size in (0.0, 20.0):
        pairs = {**none, (NAMES[0], NAMES[1]): size}
        fit = effects(simulated(design(8, 16, 16), 1, 1.0, pairs), NAMES, repeats_of(ENDS, 3, 1.0))
        assert fit is not None
        halves.append(fit.effects[0].high - fit.effects[0].low)
    assert halves[1] < 1.6 * halves[0]


def test_only_whole_runs_of_one_recipe_and_phase_are_repeats() -> None:
    same = [run(["mixup"], 0.7, "confirm", params={"mixup_alpha": 0.2}) for _ in range(2)]
    other = run(["mixup"], 0.7, "confirm", params={"mixup_alpha": 0.3})
    searched = [run([], 0.6, "search") for _ in range(2)]
    alone = run([], 0.6, "ladder")
    pruned = run([], 0.6, "confirm", state="pruned")
    assert repeated(results_of([*same, other, *searched, alone, pruned])) == [same]


def brute_force_steps(
    name: str, names: tuple[str, ...], main: dict[str, float], pairs: dict[tuple[str, str], float]
) -> list[float]:
    """A technique's step in every order of adding them all."""
    steps = []
    for order in permutations(names):
        before = list(order[: order.index(name)])
        steps.append(value([*before, name], main, pairs) - value(before, main, pairs))
    return steps


def exact_study(names: tuple[str, ...], runs: int) -> tuple[list[Run], dict, dict]:  # type: ignore[type-arg]
    main = dict(zip(names, np.random.default_rng(0).normal(0, 3, len(names)), strict=True))
    pairs = random_pairs(names, 1, 2.0)
    rows = design(len(names), runs, runs)
    return simulated(rows, 0, 0.0, pairs, main), main, pairs


def test_an_effect_is_the_mean_step_over_all_orders() -> None:
    names = ("a", "b", "c", "d")
    runs, main, pairs = exact_study(names, 16)
    fit = effects(runs, names)
    assert fit is not None
    for effect in fit.effects:
        steps = brute_force_steps(effect.technique, names, main, pairs)
        assert effect.effect == pytest.approx(np.mean(steps))


def test_shapiq_finds_the_same_shapley_values() -> None:
    shapiq = pytest.importorskip("shapiq", reason="shapiq, a second oracle, is not installed")
    names = ("a", "b", "c", "d")
    runs, main, pairs = exact_study(names, 16)

    game = partial(values, names=names, effects=main, pairs=pairs)
    computer = shapiq.ExactComputer(n_players=4, game=game)
    shapley = computer(index="SV", order=1)
    fit = effects(runs, names)
    assert fit is not None
    for at, name in enumerate(names):
        assert fit.of(name).effect == pytest.approx(shapley[(at,)])


def test_the_effects_sum_to_all_on_minus_all_off() -> None:
    runs = simulated(design(8, 64, 64), 3, 1.0, random_pairs(NAMES, 0, 2.0))
    fit = effects(runs, NAMES)
    assert fit is not None
    model, coefficients = fit.fit.model, fit.fit.coefficients[:, 0]
    on, off = model.prediction(NAMES) @ coefficients, model.prediction(()) @ coefficients
    assert sum(e.effect for e in fit.effects) == pytest.approx(on - off)
    assert fit.baseline == pytest.approx(off)


@pytest.mark.usefixtures("unranked")
@pytest.mark.parametrize("first", [16, 64])
def test_intervals_cover_the_truth_as_often_as_they_say(first: int) -> None:
    rows, covered, tries = design(8, first, first), 0, 150
    for seed in range(tries):
        fit = effects(simulated(rows, seed, noise=1.0), NAMES)
        assert fit is not None
        covered += sum(e.low <= EFFECTS[e.technique] <= e.high for e in fit.effects)
    # 1,200 intervals, 95 %: a standard deviation of 0.6 points, more as they share their noise.
    assert 0.925 < covered / (8 * tries) < 0.975


@pytest.mark.usefixtures("unranked")
@pytest.mark.parametrize("runs", [14, 16, 20])
def test_trials_drawn_at_random_rarely_find_what_is_not_there(runs: int) -> None:
    """Some fit themselves, as the only ones of their recipe, and others decide a variance alone."""
    names, tries, found, covered = ("a", "b", "c"), 120, 0, 0
    for seed in range(tries):
        random = np.random.default_rng(seed)
        recipes = [[name for name in names if random.random() < 0.5] for _ in range(runs)]
        fit = effects([run(on, 0.5 + 0.01 * random.standard_normal()) for on in recipes], names)
        assert fit is not None
        found += any(e.verdict in CERTAIN for e in fit.effects)
        covered += sum(e.low <= 0 <= e.high for e in fit.effects if not math.isnan(e.low))
    assert found / tries < 0.1
    assert covered / (len(names) * tries) > 0.92


@pytest.mark.usefixtures("unranked")
def test_p_values_are_those_of_simulated_studies_without_effects() -> None:
    """The share of such studies whose smallest p is below 5 % is 5 %; so at 20 and 50 %."""
    nothing = dict.fromkeys(NAMES, 0.0)
    rows, smallest = design(8, 16, 16), []
    for seed in range(400):
        fit = effects(simulated(rows, seed, 1.0, effects=nothing), NAMES)
        assert fit is not None
        smallest.append(min(e.p_value for e in fit.effects))
    for level, slack in ((0.05, 0.033), (0.2, 0.06), (0.5, 0.08)):
        assert np.mean(np.array(smallest) < level) == pytest.approx(level, abs=slack)


def test_rank_probabilities_equal_those_of_the_joint_t_distribution() -> None:
    fit = effects(simulated(design(8, 16, 16), 5, noise=6.0), NAMES)
    assert fit is not None
    model = fit.fit.model
    names = [e.technique for e in fit.effects]
    covariance = fit.fit.covariance(np.array([model.technique_contrast(n) for n in names]))
    draws = multivariate_t.rvs(
        [e.effect for e in fit.effects], covariance, fit.dof, 40_000, random_state=1
    )
    ranks = (-np.abs(draws)).argsort(axis=1)
    for at, effect in enumerate(fit.effects):
        assert effect.first == pytest.approx(np.mean(ranks[:, 0] == at), abs=0.02)
        assert effect.top_three == pytest.approx(np.mean((ranks[:, :3] == at).any(1)), abs=0.02)
    assert sum(e.first for e in fit.effects) == pytest.approx(1)
    assert sum(e.top_three for e in fit.effects) == pytest.approx(3)


def test_verdicts_say_what_the_p_values_allow() -> None:
    fit = effects(simulated(design(8, 64, 64), 0, noise=0.3), NAMES)
    assert fit is not None
    assert [e.technique for e in fit.effects[:4]] == [
        "augmentation", "batch_norm", "late_widening", "global_pooling",
    ]  # fmt: skip
    verdicts = {e.technique: e.verdict for e in fit.effects}
    assert verdicts["augmentation"] == "helps"
    assert verdicts["late_widening"] == "hurts"
    for name in ("dropout", "mixup"):
        assert verdicts[name] == "no clear effect"
    minimized = effects(simulated(design(8, 64, 64), 0, noise=0.3), NAMES, maximize=False)
    assert minimized is not None
    assert minimized.of("augmentation").verdict == "hurts"


def test_too_few_runs_give_no_effects_and_just_enough_give_no_intervals() -> None:
    runs = simulated(design(8, 16, 16), 0, noise=0.3)
    assert effects(runs[:5], NAMES) is None
    assert effects([], NAMES) is None
    three = [run(on, 0.5 + 0.1 * ("a" in on)) for on in ([], ["a"], ["b"])]
    fit = effects(three, ("a", "b"))
    assert fit is not None
    assert fit.dof == 0
    assert all(math.isnan(e.low) and e.verdict == "no estimate" for e in fit.effects)
    assert fit.effects[0].effect == pytest.approx(10)


def test_runs_without_noise_have_errors_of_zero() -> None:
    recipes = ("ab", "", "b", "a", "bc", "c")
    runs = [run(list(on), 0.8 + 0.04 * ("a" in on) - 0.02 * ("b" in on)) for on in recipes]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = effects(runs, ("a", "b", "c"))
    assert fit is not None
    assert fit.of("a").low == pytest.approx(4)


def test_a_technique_that_never_varied_is_unknown_and_the_others_are_not() -> None:
    rows = design(8, 64, 64)
    fit = effects(simulated(rows[~rows[:, 3]], 0, 0.3), NAMES)
    assert fit is not None
    assert math.isnan(fit.of("late_widening").effect)
    assert fit.of("late_widening").verdict == "no estimate"
    assert fit.effects[-1].technique == "late_widening"
    assert fit.of("augmentation").verdict == "helps"


def test_techniques_on_and_off_together_are_confounded() -> None:
    runs = [
        run([*(["a", "b"] if both else []), *(["c"] if c else [])], 0.5 + 0.1 * both)
        for both, c, _ in product((0, 1), (0, 1), range(4))
    ]
    fit = effects(runs, ("a", "b", "c"))
    assert fit is not None
    assert [e.technique for e in fit.effects if math.isnan(e.effect)] == ["a", "b"]
    assert fit.of("c").effect == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("kept", range(9, 65, 5))
def test_any_part_of_a_design_gives_true_intervals_or_none(kept: int) -> None:
    """A study stopped early, in the random order in which its runs are made."""
    rows = design(8, 64, 64)
    inside = known = 0
    for seed in range(12):
        order = np.random.default_rng(seed).permutation(64)[:kept]
        fit = effects(simulated(rows[order], seed, 1.0), NAMES)
        for effect in fit.effects if fit else ():
            if not math.isnan(effect.low):
                known += 1
                inside += effect.low <= EFFECTS[effect.technique] <= effect.high
    assert inside >= 0.86 * known


@pytest.mark.parametrize("techniques", [7, 8])
def test_a_grown_design_is_as_sharp_as_a_fresh_one(techniques: int) -> None:
    """16 runs grown to 64: the mean interval is within a tenth of that of 64 fresh runs."""
    names = NAMES[:techniques]
    worth = {name: EFFECTS[name] for name in names}
    width = {16: 0.0, 64: 0.0}
    for first in width:
        for seed in range(40):
            runs = simulated(design(techniques, first, 64), seed, 1.0, effects=worth)
            fit = effects(runs, names)
            assert fit is not None
            assert fit.pairs
            width[first] += sum(e.high - e.low for e in fit.effects)
    assert width[16] < 1.1 * width[64]


@pytest.mark.usefixtures("unranked")
@pytest.mark.parametrize(("techniques", "runs", "dof"), [(3, 16, 9), (8, 64, 27)])
def test_the_minimum_detectable_effect_is_found_four_times_in_five(
    techniques: int, runs: int, dof: int
) -> None:
    """One study tells the size by its own noise, and another looks for an effect of that size."""
    rows, names = design(techniques, runs, runs), NAMES[:techniques]
    worth = {name: EFFECTS[name] for name in names}
    found = 0
    for seed in range(400):
        one = effects(simulated(rows, 2 * seed, 1.0, effects=worth), names)
        assert one is not None
        assert one.dof == dof
        sized = {**worth, names[-1]: one.minimum_detectable_effect}
        other = effects(simulated(rows, 2 * seed + 1, 1.0, effects=sized), names)
        assert other is not None
        found += other.of(names[-1]).verdict == "helps"
    assert 0.76 < found / 400 < 0.84
