"""The recommended recipe, from made-up runs of known truths."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
import pytest

from model_space.correctness import pack
from model_space.facts import DataFacts
from search.analysis.confirmation import Confirmed, confirmation
from search.analysis.effects import repeated
from search.analysis.fitted_recipes import FittedRecipes, Option
from search.analysis.recipe_names import name_of
from search.analysis.recommendation import candidates, recommend
from search.analysis.trade_offs import trade_offs
from search.objective import OBJECTIVES, Objective
from search.planning.design import fraction
from search.planning.phases.confirm import plan
from search.planning.space import Space
from search.results import Candidates, Results, Run
from search.settings import Settings
from tests.support.of_levels import OF_PROGRAM, at_level, of_program

NAMES = ("augmentation", "batch_norm", "residual", "dropout", "mixup", "amsgrad")
SETTINGS = Settings(data="digits", techniques=NAMES, measure=(16,), search=0, confirm=3)
SPACE = Space.of(SETTINGS)
Truth = Callable[[frozenset[str]], float]


def run(on: set[str] | frozenset[str], value: float, phase: str = "measure", seed: int = 0) -> Run:
    return Run(0, phase, "complete", SPACE.params(on), frozenset(on), value, seed=seed,
               test_accuracy=value)  # fmt: skip


def study(truth: Truth, noise: float = 0.0, runs: int = 16, seed: int = 0) -> Results:
    random = np.random.default_rng(seed)
    rows = fraction(len(NAMES), runs)
    recipes = [frozenset(compress(NAMES, row)) for row in rows]
    measured = tuple(run(on, truth(on) + noise * random.standard_normal()) for on in recipes)
    return Results("s", NAMES, measured, SETTINGS, DataFacts(("a", "b"), (8, 8, 1), 900, 500, 400))


def confirmed(results: Results, truth: Truth) -> Results:
    chosen = Candidates(SETTINGS.measure, SETTINGS.search, tuple(candidates(results)))
    results = replace(results, candidates=chosen)
    runs = [
        run({n for n in NAMES if (one.params or {})[n]}, 0, "confirm", one.seed)
        for one in plan(SETTINGS, SPACE, results)
    ]
    tried = [replace(one, value=truth(one.on), test_accuracy=truth(one.on)) for one in runs]
    return replace(results, runs=(*results.runs, *tried))


def confirmed_rows(results: Results) -> list[Confirmed]:
    return confirmation(results, recommend(results))


def additive(on: frozenset[str]) -> float:
    return 0.8 + 0.05 * ("batch_norm" in on) - 0.04 * ("mixup" in on) + 0.03 * ("amsgrad" in on)


def test_a_recipe_that_was_never_run_may_be_recommended() -> None:
    results = study(additive)
    assert not any({"batch_norm", "amsgrad"} == run.on - {"residual"} for run in results.runs[:1])
    found = recommend(results)
    assert found is not None
    assert {"batch_norm", "amsgrad"} <= found.on
    assert "mixup" not in found.on
    assert found.predicted == pytest.approx(88, abs=0.7)
    assert not found.confirmed
    assert found.params == SPACE.params(found.on)


def test_no_auc_is_predicted_above_1() -> None:
    def auc(on: frozenset[str]) -> float:
        return 0.7 + 0.07 * len(on - {"dropout"})

    results = study(auc)  # whose runs have four techniques on at most
    runs = tuple(replace(one, scale=1.0) for one in results.runs if len(one.on) < 5)
    found = recommend(replace(results, objective=OBJECTIVES["auc"], runs=runs))
    assert found is not None
    assert found.reach is not None
    assert found.predicted == found.reach.recommended.value == 1


def test_one_lucky_run_is_not_enough() -> None:
    results = study(additive, noise=0.005)
    usual = next(one for one in results.runs if one.on & {"batch_norm", "mixup", "amsgrad"} ==
                 {"batch_norm"})  # fmt: skip
    lucky = replace(usual, value=max(one.value or 0 for one in results.runs) + 0.001)
    results = replace(results, runs=tuple(lucky if one is usual else one for one in results.runs))
    assert results.best == lucky
    found = recommend(results)
    assert found is not None
    assert {"batch_norm", "amsgrad"} <= found.on


def test_a_recipe_that_did_well_on_many_seeds_is() -> None:
    """The fit says otherwise, as three techniques act together; nine runs outweigh it."""
    results = study(additive, noise=0.002)
    on = frozenset({"augmentation", "mixup", "dropout"})
    again = [run(on, 0.93, "confirm", seed) for seed in range(9)]
    found = recommend(replace(results, runs=(*results.runs, *again)))
    assert found is not None
    assert found.on == on


def test_dials_that_the_search_found_are_kept() -> None:
    results = study(additive)
    params = {**SPACE.params({"batch_norm", "dropout"}), "dropout_rate": 0.11}
    tuned = [replace(run({"batch_norm", "dropout"}, 0.97, "confirm", seed), params=params)
             for seed in range(5)]  # fmt: skip
    found = recommend(replace(results, runs=(*results.runs, *tuned)))
    assert found is not None
    assert found.params == params


def test_a_smaller_objective_may_be_better() -> None:
    results = study(lambda on: 5 - 4 * additive(on))
    less = Objective("loss", "", 1.0, maximize=False)
    found = recommend(replace(results, objective=less, settings=None))
    assert found is not None
    assert {"batch_norm", "amsgrad"} <= found.on
    assert "mixup" not in found.on


def test_a_dial_is_of_the_technique_with_the_longest_name() -> None:
    params = {"mixup": True, "mixup_soft": True, "mixup_alpha": 0.2, "mixup_soft_alpha": 0.3}
    both = frozenset(["mixup", "mixup_soft"])
    one = Run(0, "measure", "complete", params, both, 0.5)
    names = ("mixup", "mixup_soft")
    assert name_of(one, names) == "mixup (alpha 0.2), mixup_soft (alpha 0.3)"
    without = {"mixup": True, "mixup_soft": False, "mixup_alpha": 0.2}
    assert name_of(replace(one, params=without, on=frozenset(["mixup"])), names) == (
        "mixup (alpha 0.2)"
    )


def test_candidates_differ_from_each_other_and_from_the_ends() -> None:
    results = study(additive, noise=0.01)
    chosen = candidates(results)
    assert len(chosen) == 3
    assert candidates(results) == chosen
    known = [*chosen, SPACE.params([]), SPACE.params(NAMES)]
    assert len({repr(params) for params in known}) == 5


@pytest.mark.parametrize("runs", [0, 1, 2])
def test_few_or_equal_runs_give_what_they_can(runs: int) -> None:
    results = study(lambda on: 0.5)
    found = recommend(replace(results, runs=results.runs[:runs]))
    assert (found is None) == (runs == 0)
    equal = recommend(results)
    assert equal is not None
    assert candidates(results) == [equal.params]


def test_a_recipe_is_not_compared_with_itself_in_place_of_all_off() -> None:
    values = {"dropout": 0.79, "dropout mixup": 0.85}
    runs = tuple(run(set(on.split()), value) for on, value in values.items() for _ in range(2))
    found = recommend(Results("s", ("dropout", "mixup"), runs))
    assert found is not None
    assert found.on == {"dropout", "mixup"}
    assert found.reach is None


def test_intervals_of_few_runs_stay_within_the_objective() -> None:
    values = {"mixup": (0.12, 0.10), "": (0.10, 0.09)}
    runs = tuple(run(set(on.split()), value) for on, both in values.items() for value in both)
    found = recommend(Results("s", ("mixup",), runs))
    assert found is not None
    assert found.reach is not None
    assert found.reach.recommended.low == 0
    assert 12 < found.reach.recommended.high < 100
    assert -100 < found.reach.gain.low < 0


def test_more_techniques_than_trials_give_the_best_trial_in_little_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random, names = np.random.default_rng(0), [f"p{at}" for at in range(60)]
    rows = random.random((40, len(names))) < 0.5
    runs = tuple(
        Run(at, "measure", "complete", {}, frozenset(np.array(names)[row].tolist()), value)
        for at, (row, value) in enumerate(zip(rows, random.normal(0.5, 0.01, 40), strict=True))
    )
    counted, values = [], FittedRecipes.values

    def count(self: FittedRecipes, options: Sequence[Option]) -> np.ndarray:
        counted.append(len(options))
        return values(self, options)

    monkeypatch.setattr(FittedRecipes, "values", count)
    found = recommend(Results("s", tuple(names), runs))
    assert found is not None
    assert found.on in [run.on for run in runs]
    assert sum(counted) < 20_000


def test_the_winner_is_chosen_by_validation_and_not_by_test() -> None:
    results = confirmed(study(additive), additive)
    recipe = frozenset(n for n in NAMES if (results.candidates or candidates).recipes[0][n])  # type: ignore[union-attr]
    runs = tuple(
        replace(one, value=0.95 if one.on == recipe else one.value,
                test_accuracy=0.10 if one.on == recipe else 0.99)
        if one.phase == "confirm" else one for one in results.runs
    )  # fmt: skip
    found = recommend(replace(results, runs=runs))
    assert found is not None
    assert found.on == recipe
    assert found.confirmed


@pytest.mark.parametrize("tries", [1, 3])
def test_a_candidate_whose_runs_are_given_up_is_not_recommended(tries: int) -> None:
    def truth(on: frozenset[str]) -> float:
        return additive(on) + 0.01 * len(on - {"batch_norm", "mixup", "amsgrad"})

    results = confirmed(study(truth), truth)
    before = recommend(results)
    assert before is not None
    others = tuple(one for one in results.runs if one.phase != "confirm" or one.on != before.on)
    failed = replace(run(before.on, 0, "confirm"), state="failed", value=None, failure="no memory")
    found = recommend(replace(results, runs=(*others, *[failed] * tries)))
    assert found is not None
    assert (found.on == before.on) == (tries < 3)
    assert found.confirmed


def test_a_diverged_seed_is_told_and_leaves_the_interval() -> None:
    results = confirmed(study(additive, noise=0.003), additive)
    images = np.random.default_rng(0).random(400)

    def tested(one: Run) -> Run:
        correct = images < additive(one.on)
        return replace(one, test_correct=pack(correct), test_accuracy=float(correct.mean()))

    runs = [tested(one) if one.phase == "confirm" else one for one in results.runs]
    rows = confirmed_rows(replace(results, runs=tuple(runs)))
    assert rows[0].recommended
    assert rows[0].gain is not None
    assert rows[0].gain.paired
    assert rows[0].gain.low > 0
    last = max(at for at, one in enumerate(runs) if dict(one.params) == dict(rows[0].params))
    runs[last] = replace(runs[last], value=0.5, test_accuracy=0.5, diverged=True,
                         test_correct=pack(images < 0.5))  # fmt: skip
    after = confirmed_rows(replace(results, runs=tuple(runs)))
    row = next(row for row in after if row.recipe == rows[0].recipe)
    assert (row.runs, row.diverged) == (3, 1)
    assert row.test.value == pytest.approx(rows[0].test.value)
    assert row.test.high - row.test.low < 10


def test_candidates_do_not_make_the_effects_look_more_certain() -> None:
    """They are quiet recipes, and alike: one stands for all in the noise."""
    results = confirmed(study(additive), additive)
    assert len(results.of("confirm")) == 15
    groups = repeated(results)
    assert [len(group) for group in groups] == [3, 3, 3]
    assert {group[0].on for group in groups} >= {frozenset(), frozenset(NAMES)}


def test_all_on_at_the_best_level_is_another_recipe_than_all_on() -> None:
    """`confirm` trains all on with each factor of several levels at its first."""
    results = of_program("sgd", "adam", "muon")
    best = at_level({"ema", "mixup"}, "muon", "confirm")
    found = recommend(results)
    assert found is not None
    assert found.params == best.params
    assert found.reach is None  # no long run was like all off
    assert best.params in candidates(results)
    recipes = plan(OF_PROGRAM, Space.of(OF_PROGRAM), replace(
        results, candidates=Candidates((16,), 0, tuple(candidates(results)), (8,))))  # fmt: skip
    ends = [at_level(set(), "sgd", "confirm"), at_level({"ema", "mixup"}, "sgd", "confirm")]
    for end in (best, *ends):
        assert end.params in [one.params for one in recipes]
    # All off at its own level is now among the runs, and so is its prediction.
    results = replace(results, runs=(*results.runs, *ends, *ends, best))
    found = recommend(results)
    assert found is not None
    assert found.params == best.params
    assert found.reach is not None
    assert found.reach.gain.value == pytest.approx(12, abs=2)


TRANSFER = Settings(data="photos", techniques=("mixup", "pretrained", "frozen_base"), measure=(8,))


def transferred(times: int = 1) -> Results:
    """Runs of which those with the last layer alone to train, of random weights, do best."""
    space = Space.of(TRANSFER)
    recipes = [
        frozenset(name for at, name in enumerate(space.factors) if mask >> at & 1)
        for mask in range(8)
    ]
    runs = [
        Run(number, "measure", "complete", space.params(on), on,
            0.7 - 0.1 * ("pretrained" in on) + 0.1 * ("frozen_base" in on) + 0.01 * (number % 3),
            seed=number, seconds_per_epoch=1.0 - 0.1 * ("frozen_base" in on), parameters=100)
        for number, on in enumerate(recipes * times)
    ]  # fmt: skip
    return Results("s", space.factors, tuple(runs), TRANSFER)


@pytest.mark.parametrize("times", [1, 3])
def test_no_recipe_has_a_technique_that_does_nothing(times: int) -> None:
    results = transferred(times)
    idle = {"frozen_base"}, {"frozen_base", "mixup"}
    found, offered = recommend(results), trade_offs(results)
    assert found is not None
    assert offered is not None
    assert found.on not in idle
    chosen = candidates(results)
    assert chosen
    assert not [one for one in chosen if results.on(one) in idle]
    assert not [one for one in offered.best if one.on in idle]
    assert (offered.recipes, offered.broken) == (6, 0)
    ran = trade_offs(results, predict=False)
    assert ran is not None
    assert ran.recipes == 6
    # One that an earlier version confirmed stays a run, and is not recommended.
    lucky = next(run for run in results.runs if run.on == {"frozen_base"})
    tried = [replace(lucky, phase="confirm", value=0.9, seed=100 + seed) for seed in range(3)]
    plain = next(run for run in results.runs if not run.on)
    tried += [replace(plain, phase="confirm", seed=100 + seed) for seed in range(3)]
    found = recommend(replace(results, runs=(*results.runs, *tried)))
    assert found is not None
    assert (found.on, found.confirmed) == (frozenset(), True)


def test_a_technique_that_needs_one_held_on_does_something() -> None:
    held = replace(TRANSFER, fixed={"pretrained": {}})
    results = replace(
        transferred(), factors=("mixup", "frozen_base"), settings=held,
        runs=tuple(
            replace(run, on=run.on - {"pretrained"})
            for run in transferred().runs if "pretrained" in run.on
        ),
    )  # fmt: skip
    found = recommend(results)
    assert found is not None
    assert "frozen_base" in found.on
