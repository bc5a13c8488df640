"""Sentences on effects: the budget, the largest effect, the verdicts and the unit."""

from dataclasses import replace

from search.objective import OBJECTIVES, Objective
from search.planning.design import design
from search.reporting.sentences.budget import describe_budget, short_budget
from search.reporting.sentences.effects import no_effects, what_matters_most
from search.results import Results
from search.settings import Settings
from search.storage.schema import TRIES
from tests.support.simulate import facts, fitted, results_of, run, simulated

SETTINGS = Settings(data="digits", epochs=12, batch_size=32)
DATA = facts()


def study(noise: float, runs: int = 64) -> Results:
    return results_of(simulated(design(8, runs, runs), 0, noise), settings=SETTINGS, data=DATA)


def answer(results: Results) -> str:
    return what_matters_most(fitted(results, results.objective.maximize), results)


def test_the_answer_begins_with_the_budget_and_names_the_largest_effect() -> None:
    assert answer(study(0.3)) == (
        "After 12 epochs on 1,000 training images, augmentation helps most: +13.08 points of "
        "validation accuracy (95 % interval +12.94 to +13.23). It is the largest effect with a "
        "probability above 99 %. batch_norm (+5.05, +4.90 to +5.19), global_pooling (+2.47, +2.32 "
        "to +2.61) and amsgrad (+1.01, +0.87 to +1.16) help too. late_widening (-4.12, -4.27 to "
        "-3.98) and residual (-1.52, -1.66 to -1.37) hurt. dropout and mixup cannot be told from "
        "a change of seed."
    )
    one_seed = replace(study(0.3), seed_matters=False)
    assert answer(one_seed).endswith("dropout and mixup cannot be told from noise.")


def test_without_a_certain_effect_the_largest_is_named_all_the_same() -> None:
    said = answer(study(60.0))
    assert said.startswith(
        "After 12 epochs on 1,000 training images, no technique has a clear effect. The largest is "
    )
    assert said.count("95 % interval") == 1


def test_a_clear_effect_below_an_unclear_one_is_the_largest_of_the_clear() -> None:
    found = fitted(study(0.3))
    first, *others = found.effects
    unclear = replace(first, low=-2.0, high=28.2, verdict="no clear effect")
    said = what_matters_most(replace(found, effects=(unclear, *others)), study(0.3))
    assert "images, batch_norm helps most among the clear effects: +5.0" in said
    assert "augmentation, dropout and mixup cannot be told from a change of seed." in said


def test_a_study_of_which_every_run_with_a_technique_failed_says_so() -> None:
    runs = [run([], 0.5 + 0.01 * seed, seed=seed, params={"mixup": False}, epochs=12)
            for seed in range(8)]  # fmt: skip
    tries = [replace(run(["mixup"], 0.0, state="failed", failure="exit code 2", seed=seed,
                         params={"mixup": True}, epochs=12), value=None)
             for seed in range(8, 16) for _ in range(TRIES)]  # fmt: skip
    results = results_of([*runs, *tries], ("mixup",), settings=SETTINGS, data=DATA)
    assert no_effects(results) == "No effect is known, as every run with mixup failed."
    without = replace(results, runs=tuple(runs[:3]))
    assert no_effects(without).startswith("There are too few measure runs yet")


def test_the_budget_is_left_out_where_the_study_does_not_say_it() -> None:
    results = replace(study(0.3), settings=None, data=None)
    assert answer(results).startswith("augmentation helps most: ")
    count = len(results.runs)
    assert describe_budget(results) == f"{count} trials of another program"
    results = replace(results, settings=replace(SETTINGS, epochs=1))
    assert short_budget(results) == "after 1 epoch"
    assert describe_budget(results) == "digits, 1 epoch, batch 32, width 1, depth 10"
    results = replace(results, settings=replace(SETTINGS, last_epochs=3), data=DATA)
    assert answer(results).startswith(
        "After 12 epochs on 1,000 training images (mean of the last 3), augmentation helps most: "
    )
    assert describe_budget(results).endswith("judged by the mean of the last 3 epochs")
    held = replace(SETTINGS, fixed={"mixup": {"alpha": 0.3}, "dropout": None})
    assert describe_budget(replace(results, settings=held)).endswith(
        "mixup (alpha 0.3) on throughout, dropout off throughout"
    )


def test_the_unit_is_that_of_the_objective() -> None:
    loss = Objective("loss", "", 1.0, maximize=False)
    by_loss = replace(
        study(0.3), objective=loss, runs=tuple(replace(r, scale=1.0) for r in study(0.3).runs)
    )
    assert ", augmentation hurts most: +0.1308 in loss (95 % interval" in answer(by_loss)
    nats = replace(by_loss, objective=OBJECTIVES["neg_log_loss"])
    assert "most: +0.1308 nats of validation negative log loss (95 % interval" in answer(nats)


def test_estimates_without_intervals_and_equal_runs_are_no_verdicts() -> None:
    three = results_of([run(on, 0.5 + 0.1 * ("a" in on)) for on in ([], ["a"], ["b"])], ("a", "b"))
    assert answer(three) == (
        "No effect has an interval. The largest is a: +10.00 points of validation accuracy."
    )
    equal = replace(three, runs=tuple(replace(one, value=0.5) for one in three.runs))
    assert answer(equal) == "All runs have the same value: they say nothing about any technique."


def test_runs_that_differ_by_an_interaction_alone_do_not_have_the_same_value() -> None:
    runs = [run(on, 0.4 if len(on) == 1 else 0.2) for on in ([], ["a"], ["b"], ["a", "b"]) * 2]
    said = answer(results_of(runs, ("a", "b")))
    assert "same value" not in said
    assert "no technique has a clear effect" in said.lower()
