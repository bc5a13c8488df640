"""The recommended recipe beside all off: by fresh seeds, by a prediction, or by neither."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from search.analysis.confirmation import confirmation
from search.analysis.decision import Decision, decide
from search.analysis.recommendation import Recommendation, recommend
from search.commands.program import Metric, Program
from search.objective import OBJECTIVES, Objective
from search.planning.design import design
from search.results import Results, Run
from search.settings import Settings
from tests.support.fakes import EFFECTS
from tests.support.simulate import NAMES, random_pairs, results_of, run, simulated, value

SETTINGS = Settings(epochs=2, measure=(16,))
ENDS: tuple[list[str], ...] = ([], list(NAMES))


def decision(results: Results) -> Decision:
    found = recommend(results)
    made = decide(results, found, confirmation(results, found))
    assert made is not None
    return made


def confirmed(on: Sequence[str], accuracies: Sequence[float], tested: bool = False) -> list[Run]:
    more = [{"test_objective": one - 0.1} if tested else {} for one in accuracies]
    return [
        run(on, one, "confirm", test_accuracy=one, params={n: n in on for n in NAMES}, **extra)
        for one, extra in zip(accuracies, more, strict=True)
    ]


def study(recipe: Sequence[float], plain: Sequence[float], tested: bool = False) -> Results:
    runs = [replace(one, params={n: n in one.on for n in NAMES})
            for one in simulated(design(8, 16, 16), 0, 0.3)]  # fmt: skip
    best = ["augmentation", "batch_norm", "global_pooling", "amsgrad"]
    runs += confirmed(best, recipe, tested)
    runs += confirmed([], plain, tested)
    runs += confirmed(NAMES, [0.4, 0.41, 0.42][: len(plain)], tested)
    return results_of(runs, settings=SETTINGS)


@pytest.mark.parametrize(
    ("recipe", "plain", "verdict"),
    [
        ([0.80, 0.81, 0.82], [0.60, 0.61, 0.62], "better"),
        ([0.80, 0.81, 0.82], [0.79, 0.81, 0.82], "not sure"),
    ],
)
def test_fresh_seeds_decide_whether_the_recipe_is_better(
    recipe: list[float], plain: list[float], verdict: str
) -> None:
    made = decision(study(recipe, plain))
    assert made.verdict == verdict
    assert made.any_better == (verdict == "better")
    assert made.gain is not None
    assert made.gain.value == pytest.approx(100 * (np.mean(recipe) - np.mean(plain)))
    assert made.gain.low < made.gain.value < made.gain.high


def test_values_that_chose_the_recipe_have_intervals_that_allow_for_that() -> None:
    """Three recipes of a program without a test score, none better than all off: of the best one of
    each 200 studies at most 2.5 % may be called surely better."""
    program = Program("train {flags}", "/", (), Metric("acc", "acc"), unit="points", scale=100.0)
    settings = replace(SETTINGS, program=program)
    random = np.random.default_rng(8)
    recipes: list[list[str]] = [[], ["mixup"], ["dropout"], ["residual"]]
    better = held = 0
    for _ in range(200):
        values = random.normal(0.7, 0.01, (4, 6))
        runs = [
            run(on, one, "confirm", params={name: name in on for name in NAMES})
            for on, row in zip(recipes, values, strict=True)
            for one in row
        ]
        results = replace(results_of(runs, settings=settings), objective=Objective.of(program))
        best = recipes[1 + int(np.argmax(values[1:].mean(axis=1)))]
        chosen = Recommendation(
            frozenset(best), {n: n in best for n in NAMES}, math.nan, True, None
        )
        made = decide(results, chosen, confirmation(results, chosen))
        assert made is not None
        assert made.gain is not None
        better += made.any_better
        held += made.gain.low <= 0 <= made.gain.high
    assert better <= 8
    assert held >= 186


def test_of_several_recipes_each_must_be_surer() -> None:
    """By Bonferroni's correction of the t interval of each, as SciPy has it."""
    metric = Metric("acc", "acc")
    program = Program("train {flags}", "/", (), metric, test=metric, unit="points", scale=100.0)
    settings = replace(SETTINGS, program=program)
    random = np.random.default_rng(3)
    recipes: list[list[str]] = [[], ["mixup"], ["dropout"], ["residual"], ["amsgrad"]]
    chosen = Recommendation(frozenset(["mixup"]), {n: n == "mixup" for n in NAMES}, math.nan, True)
    better = closer = 0
    for _ in range(200):
        values = random.normal([[0.70], [0.70], [0.72], [0.72], [0.72]], 0.01, (5, 3))
        runs = [
            run(on, one, "confirm", params={name: name in on for name in NAMES}, test_objective=one)
            for on, row in zip(recipes, values, strict=True)
            for one in row
        ]
        results = replace(results_of(runs, settings=settings), objective=Objective.of(program))
        rows = confirmation(results, chosen)
        sure = []
        for row in rows:
            gain = row.objective_gain
            if gain is None or row.recommended:
                continue
            error = (gain.high - gain.low) / 2 / stats.t.ppf(0.975, gain.dof)
            sure.append(gain.value > stats.t.ppf(1 - 0.025 / 4, gain.dof) * error)
            closer += gain.low > 0 and not sure[-1]
        made = decide(results, chosen, rows)
        assert made is not None
        assert made.any_better == (any(sure) or made.verdict == "better")
        better += made.any_better
    assert 20 < better < 180
    assert closer > 20


def test_while_seeds_are_to_come_the_recipe_is_the_best_so_far() -> None:
    whole = replace(study([0.80, 0.81, 0.82], [0.60, 0.61, 0.62]), settings=None)
    assert not decision(whole).so_far
    assert decision(replace(whole, settings=SETTINGS)).so_far  # whose seeds are others


def test_one_seed_has_no_interval_so_the_fit_decides() -> None:
    made = decision(study([0.80], [0.60]))
    assert made.tested is None
    assert made.gain is not None
    assert made.gain.low < made.gain.value < made.gain.high


def test_seeds_that_come_out_equal_are_no_certainty() -> None:
    results = replace(study([0.8, 0.8], [0.7, 0.7], True), objective=OBJECTIVES["auc"])
    kept = [one for one in results.runs if one.phase != "confirm" or len(one.on) < len(NAMES)]
    found = recommend(replace(results, runs=tuple(kept)))
    rows = confirmation(replace(results, runs=tuple(kept)), found)
    assert all(math.isnan(row.test_objective.low) for row in rows)
    assert [math.isnan(row.objective_gain.low) for row in rows if row.objective_gain] == [True]


def test_the_plain_network_may_be_the_recipe() -> None:
    worse = dict.fromkeys(NAMES, -3.0)
    runs = [replace(one, params={n: n in one.on for n in NAMES})
            for one in simulated(design(8, 16, 16), 0, 0.3, effects=worse)]  # fmt: skip
    runs += confirmed([], [0.82, 0.81, 0.83]) + confirmed(NAMES, [0.4, 0.41, 0.42])
    made = decision(results_of(runs, settings=SETTINGS))
    assert (made.verdict, made.gain, made.any_better) == ("all off", None, False)
    assert made.tested is made.all_off_tested is not None


def test_the_gain_is_of_the_objective_with_an_interval_for_other_seeds() -> None:
    recipe, plain = [0.80, 0.83, 0.82], [0.75, 0.76, 0.80]
    results = replace(study(recipe, plain, tested=True), objective=OBJECTIVES["balanced_accuracy"])
    made = decision(results)
    assert made.tested is not None
    assert made.tested.gain is not None
    assert made.reached.value == pytest.approx(100 * (np.mean(recipe) - 0.1))
    assert made.gain is not None
    assert made.gain.value == pytest.approx(made.tested.gain.value)
    assert made.gain.low != pytest.approx(made.tested.gain.low)
    # With the seeds of all recipes it is near Welch's interval of the two.
    welch = stats.ttest_ind(recipe, plain, equal_var=False).confidence_interval()
    assert made.gain.high - made.gain.low == pytest.approx(100 * (welch.high - welch.low), rel=0.5)


def test_of_a_loss_less_is_better() -> None:
    loss = Objective("loss", "", 1.0, maximize=False)
    runs = [replace(one, value=1 - (one.value or 0), scale=1.0)
            for one in simulated(design(8, 64, 64), 0, 0.3)]  # fmt: skip
    made = decision(results_of(runs, objective=loss, designed=False))
    assert made.verdict == "better"
    assert made.gain is not None
    assert made.gain.high < 0
    assert made.recommended.on >= {"augmentation", "batch_norm", "global_pooling", "amsgrad"}
    best = value([name for name, effect in EFFECTS.items() if effect > 0], EFFECTS)
    assert value([*made.recommended.on], EFFECTS) > best - 0.1


def test_one_technique_is_judged_by_its_means() -> None:
    random = np.random.default_rng(3)
    sides = [(["mixup"] if at % 2 else [], 0.7 + 0.05 * (at % 2)) for at in range(8)]
    runs = [run(on, level + 0.003 * random.standard_normal()) for on, level in sides]
    # The luckiest run of all is of the worse recipe.
    runs.append(run([], 0.76))
    made = decision(results_of(runs, ("mixup",)))
    assert made.recommended.on == {"mixup"}
    assert made.gain is not None
    with_it, without = ([100 * (one.value or 0) for one in runs if bool(one.on) == on]
                        for on in (True, False))  # fmt: skip
    welch = stats.ttest_ind(with_it, without, equal_var=False).confidence_interval()
    assert (made.gain.low, made.gain.high) == pytest.approx((welch.low, welch.high))


def test_runs_that_are_all_equal_recommend_the_simplest_without_interval() -> None:
    equal = [run(on, 0.5) for on in (["mixup"], [], ["mixup"], [])]
    made = decision(results_of(equal, ("mixup",)))
    assert (made.recommended.on, made.verdict) == (frozenset(), "all off")
    assert (made.reached.value, math.isnan(made.reached.low)) == (50, True)


@pytest.mark.parametrize("runs", [16, 64])
def test_a_prediction_claims_no_gain_where_there_is_none(runs: int) -> None:
    """In 3 of 100 studies; more than 3 of 15 would be in one of a thousand tests."""
    nothing, wrong = dict.fromkeys(NAMES, 0.0), 0
    for seed in range(15):
        results = results_of(simulated(design(8, runs, runs), seed, 1.0, effects=nothing))
        wrong += decision(results).verdict == "better"
    assert wrong <= 3


def test_a_predicted_gain_is_within_its_interval() -> None:
    held, clear = 0, 0
    for seed in range(12):
        random = np.random.default_rng(seed + 1000)
        effects = {name: float(random.normal(0, 2)) for name in NAMES}
        pairs = random_pairs(NAMES, seed, 0.7)
        results = results_of(simulated(design(8, 64, 64), seed, 1.0, pairs, effects))
        made = decision(results)
        true = value(sorted(made.recommended.on), effects, pairs) - value([], effects, pairs)
        assert made.gain is not None
        held += made.gain.low <= true <= made.gain.high
        clear += made.verdict == "better"
    assert held >= 10
    assert clear >= 7


def test_too_few_runs_predict_nothing() -> None:
    made = decision(results_of(simulated(design(8, 16, 16)[:9], 0, 0.3)))
    assert made.verdict == "unknown"
    assert math.isnan(made.reached.value)
