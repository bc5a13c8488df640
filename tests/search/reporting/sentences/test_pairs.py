"""Sentences on pairs of techniques: clear interactions, and changes of sign."""

from search.analysis.interactions import interactions
from search.analysis.simple_effects import dependences
from search.objective import ACCURACY
from search.planning.design import design
from search.reporting.details.pairs import dependences as dependences_section
from search.reporting.findings import find
from search.reporting.sentences.pairs import certain_pairs, reversed_pairs
from tests.support.simulate import (
    NAMES,
    fitted,
    near_a_ceiling,
    random_pairs,
    results_of,
    simulated,
)


def test_clear_interactions_are_counted_and_the_largest_named() -> None:
    rate = "clear, at a false discovery rate of 5 %."
    pairs = random_pairs(NAMES, 0, 2.0)
    rows = interactions(fitted(results_of(simulated(design(8, 64, 64), 0, 0.3, pairs))))
    certain = [row for row in rows if row.certain]
    many = certain_pairs(rows, ACCURACY)
    assert many.startswith(
        f"{len(certain)} interactions are {rate} The largest, with 95 % intervals in points "
        "that allow for this choice: "
    )
    assert many.count(" × ") == 4
    one = certain_pairs([certain[0]], ACCURACY)
    assert one.startswith(f"1 interaction is {rate} With 95 % intervals in points that allow ")
    none = [row for row in rows if not row.certain]
    assert certain_pairs(none, ACCURACY) == f"No interaction is {rate}"


def test_a_technique_whose_sign_another_decides_is_named_with_both() -> None:
    pairs = {("augmentation", "batch_norm"): 6.0}
    worth = dict.fromkeys(NAMES, 0.0)
    found = fitted(results_of(simulated(design(8, 64, 64), 0, 0.3, pairs, worth)))
    rows = dependences(found, interactions(found))
    assert reversed_pairs(rows, maximize=True) == (
        "What else is on decides the sign: augmentation helps with batch_norm and hurts without "
        "it; batch_norm helps with augmentation and hurts without it."
    )
    assert reversed_pairs(rows[:1], maximize=False) == (
        "What else is on decides the sign: augmentation hurts with batch_norm and helps without it."
    )
    assert reversed_pairs([], maximize=True) == ""


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
