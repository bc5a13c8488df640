"""Sentences on the findings: the budget, intervals and units, singular and plural."""

import math
from dataclasses import replace

import pytest

from search.analysis.diagnostics import diagnose
from search.analysis.effects import Effects, effects, repeated
from search.analysis.estimate import Estimate
from search.analysis.interactions import interactions
from search.analysis.simple_effects import dependences
from search.objective import ACCURACY, OBJECTIVES, Objective
from search.planning.design import design
from search.reporting import words
from search.reporting.budget import describe_budget, short_budget
from search.reporting.cautions import cautions, notes
from search.reporting.details.pairs import dependences as dependences_section
from search.reporting.findings import find
from search.reporting.formatting import about, beside, duration, level, mean, signed, with_interval
from search.results import Results
from search.settings import Settings
from tests.support.fakes import EFFECTS
from tests.support.simulate import (
    NAMES,
    facts,
    near_a_ceiling,
    random_pairs,
    results_of,
    run,
    simulated,
)

SETTINGS = Settings(data="digits", epochs=12, batch_size=32)
DATA = facts()


def study(noise: float, runs: int = 64) -> Results:
    return results_of(simulated(design(8, runs, runs), 0, noise), settings=SETTINGS, data=DATA)


def fitted(results: Results, maximize: bool = True) -> Effects:
    found = effects(results.of("measure"), results.factors, repeated(results), maximize)
    assert found is not None
    return found


def answer(results: Results) -> str:
    return words.answer(fitted(results, results.objective.maximize), results)


def test_the_answer_begins_with_the_budget_and_names_the_largest_effect() -> None:
    assert answer(study(0.3)) == (
        "After 12 epochs on 1,000 training images, augmentation helps most: +13.08 points of "
        "validation accuracy (95 % interval +12.94 to +13.23). It is the largest effect with a "
        "probability above 99 %. batch_norm (+5.05, +4.90 to +5.19), global_pooling (+2.47, +2.32 "
        "to +2.61) and amsgrad (+1.01, +0.87 to +1.16) help too. late_widening (-4.12, -4.27 to "
        "-3.98) and residual (-1.52, -1.66 to -1.37) hurt. dropout and mixup cannot be told from "
        "a change of seed."
    )


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
    said = words.answer(replace(found, effects=(unclear, *others)), study(0.3))
    assert "images, batch_norm helps most among the clear effects: +5.0" in said
    assert "augmentation, dropout and mixup cannot be told from a change of seed." in said


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


def test_clear_interactions_are_counted_and_the_largest_named() -> None:
    rate = "clear, at a false discovery rate of 5 %."
    pairs = random_pairs(NAMES, 0, 2.0)
    rows = interactions(fitted(results_of(simulated(design(8, 64, 64), 0, 0.3, pairs))))
    certain = [row for row in rows if row.certain]
    many = words.certain_pairs(rows, ACCURACY)
    assert many.startswith(
        f"{len(certain)} interactions are {rate} The largest, with 95 % intervals in points "
        "that allow for this choice: "
    )
    assert many.count(" × ") == 4
    one = words.certain_pairs([certain[0]], ACCURACY)
    assert one.startswith(f"1 interaction is {rate} With 95 % intervals in points that allow ")
    none = [row for row in rows if not row.certain]
    assert words.certain_pairs(none, ACCURACY) == f"No interaction is {rate}"


def test_a_technique_whose_sign_another_decides_is_named_with_both() -> None:
    pairs = {("augmentation", "batch_norm"): 6.0}
    worth = dict.fromkeys(NAMES, 0.0)
    found = fitted(results_of(simulated(design(8, 64, 64), 0, 0.3, pairs, worth)))
    rows = dependences(found, interactions(found))
    assert words.reversals(rows, maximize=True) == (
        "What else is on decides the sign: augmentation helps with batch_norm and hurts without "
        "it; batch_norm helps with augmentation and hurts without it."
    )
    assert words.reversals(rows[:1], maximize=False) == (
        "What else is on decides the sign: augmentation hurts with batch_norm and helps without it."
    )
    assert words.reversals([], maximize=True) == ""


def test_a_change_of_sign_that_the_scale_may_make_is_said_to_be_one() -> None:
    names = tuple("abcdefgh")
    findings = find(results_of(near_a_ceiling(1, names)[0], names), [])
    section = dependences_section(findings)
    assert section is not None
    assert section.text.endswith("the sign: h hurts with b and helps without it.")
    assert section.remarks[0] == (
        "On the logit of accuracy, on which these techniques add up better, a with f and f with a "
        "have no clear change of sign, so the scale may be the reason for it here."
    )


def test_one_of_anything_is_singular() -> None:
    """Two techniques in five runs: one pair, one run missing and one failed."""
    two = ("augmentation", "batch_norm")
    worth = {name: EFFECTS[name] for name in two}
    runs = simulated(design(2, 4, 4), 0, 0.3, effects=worth)
    runs += [replace(runs[0], value=(runs[0].value or 0) + 0.001)]
    failed = run([], 0.0, state="failed", failure="no disk")
    results = results_of([*runs, failed], two, settings=Settings(measure=(6,)))
    diagnostics = diagnose(results, fitted(results))
    said = " ".join([*cautions(results, diagnostics), *notes(results, diagnostics)])
    for sentence in (
        "5 of 6 planned runs are complete; 1 is missing.",
        "1 run failed: no disk.",
        "Only 2 degrees of freedom remain to estimate the noise",
        "5 runs separate the interaction of two techniques from the effects;",
    ):
        assert sentence in said
    fit = diagnostics.fit
    assert fit is not None
    saturated = replace(fit.effects, fit=replace(fit.effects.fit, dof=1))
    said = " ".join(cautions(results, replace(diagnostics, fit=replace(fit, effects=saturated))))
    assert "Only 1 degree of freedom remains to estimate the noise" in said


def test_numbers_of_any_size_keep_the_digits_that_their_interval_justifies() -> None:
    loss = Objective("loss", "nats", 1.0, maximize=False, low=-math.inf, high=math.inf)
    for scale, said in (
        (1.0, "1.43 nats (1.10 to 1.76)"),
        (1e-6, "1.43e-06 nats (1.10e-06 to 1.76e-06)"),
        (1e9, "1.43e+09 nats (1.10e+09 to 1.76e+09)"),
        (1e3, "1,430 nats (1,100 to 1,760)"),
        (1e6, "1,430,000 nats (1,100,000 to 1,760,000)"),
    ):
        value = Estimate(1.43 * scale, 1.10 * scale, 1.76 * scale)
        assert mean(value, loss) == said
        assert signed(value.value, value) == f"+{said.split(' ')[0]}"
        shown = level(value.value, loss).split()[0].replace(",", "")
        assert float(shown) == pytest.approx(value.value, rel=1e-3)
    assert signed(0.0, Estimate(0.0, -1e-9, 1e-9)) == "+0"


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (1.58, -0.008, 3.16, "+1.58 (-0.01 to +3.16)"),
        (-1.7, -3.3, 0.04, "-1.70 (-3.30 to +0.04)"),
        (1.6, 0.0, 3.2, "+1.6 (+0.0 to +3.2)"),
        (1.6, 0.05, 3.2, "+1.6 (+0.1 to +3.2)"),
        (0.4, 0.004, 0.8, "+0.400 (+0.004 to +0.800)"),
        (80.0, -0.2, 160.2, "+80.0 (-0.2 to +160.2)"),
    ],
)
def test_an_interval_shows_on_which_side_of_zero_it_ends(
    value: float, low: float, high: float, said: str
) -> None:
    assert with_interval(value, Estimate(value, low, high)) == said


def test_what_is_not_over_another_is_below_it() -> None:
    assert beside(Estimate(3.6, 2.1, 5.2), "points", "it") == "+3.6 points (+2.1 to +5.2) over it"
    assert beside(Estimate(-3.6, -5.2, -2.1), "", "it") == "3.6 (2.1 to 5.2) below it"
    assert beside(Estimate(-0.5, -1.5, 0.5), "points", "it") == (
        "0.5 points (-0.5 to 1.5) below it"
    )
    without = Estimate(-40.0, math.nan, math.nan)
    assert beside(without, "points", "it") == "40.00 points below it"


def test_durations_are_given_in_seconds_while_minutes_are_coarse() -> None:
    assert [duration(s) for s in (0.2, 100, 179, 200, 6000)] == [
        "1 s", "100 s", "179 s", "3 min", "1 h 40 min",
    ]  # fmt: skip


def test_large_scores_have_no_exponent() -> None:
    score = Objective("score", "", 1.0, low=-math.inf, high=math.inf)
    said = [level(value, score) for value in (0.12345, 1234.5, 53020.4, -123456.7, 1.5e6, 1.5e9)]
    assert said == ["0.1235", "1,234", "53,020", "-123,457", "1,500,000", "1.5e+09"]


def test_a_value_in_millions_is_written_as_its_smaller_gain_is() -> None:
    score = Objective("score", "", 1.0, low=-math.inf, high=math.inf)
    reached, gain = Estimate(3660776, 3616509, 3705044), Estimate(433075, 373000, 493150)
    assert mean(reached, score) == "3,660,776 (3,616,509 to 3,705,044)"
    assert beside(gain, "", "it") == "+433,075 (+373,000 to +493,150) over it"


def test_approximate_numbers_have_two_digits_and_no_exponent() -> None:
    assert [about(value) for value in (0.0123, 9.96, 99.4, 99.6, 140.2, 12345.0)] == [
        "0.012", "10", "99", "100", "140", "12,345",
    ]  # fmt: skip


def test_runs_that_differ_by_an_interaction_alone_do_not_have_the_same_value() -> None:
    runs = [run(on, 0.4 if len(on) == 1 else 0.2) for on in ([], ["a"], ["b"], ["a", "b"]) * 2]
    said = answer(results_of(runs, ("a", "b")))
    assert "same value" not in said
    assert "no technique has a clear effect" in said.lower()
