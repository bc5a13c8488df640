"""Numbers in sentences and tables: digits, signs, intervals and durations."""

import math

import pytest

from search.analysis.estimate import Estimate
from search.objective import Objective
from search.reporting.formatting import (
    about,
    beside,
    duration,
    mean,
    multiple,
    outcome,
    roughly,
    signed,
    with_interval,
)


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
        assert signed(value) == f"+{said.split(' ')[0]}"
        shown = outcome(value.value, loss).split()[0].replace(",", "")
        assert float(shown) == pytest.approx(value.value, rel=1e-3)
    assert signed(Estimate(0.0, -1e-9, 1e-9)) == "+0"


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
    assert with_interval(Estimate(value, low, high)) == said


def test_what_is_not_over_another_is_below_it() -> None:
    assert beside(Estimate(3.6, 2.1, 5.2), "points", "it") == "+3.6 points (+2.1 to +5.2) over it"
    assert beside(Estimate(-3.6, -5.2, -2.1), "", "it") == "3.6 (2.1 to 5.2) below it"
    assert beside(Estimate(-0.5, -1.5, 0.5), "points", "it") == (
        "0.5 points (-0.5 to 1.5) below it"
    )
    without = Estimate(-40.0, math.nan, math.nan)
    assert beside(without, "points", "it") == "40.00 points below it"


def test_an_estimated_duration_has_two_digits() -> None:
    assert [roughly(s) for s in (0.2, 52.4, 104, 169, 179, 200)] == [
        "1 s", "52 s", "100 s", "170 s", "3 min", "3 min",
    ]  # fmt: skip


def test_durations_are_given_in_seconds_while_minutes_are_coarse() -> None:
    assert [duration(s) for s in (0.2, 100, 179, 200, 6000)] == [
        "1 s", "100 s", "179 s", "3 min", "1 h 40 min",
    ]  # fmt: skip


def test_large_scores_have_no_exponent() -> None:
    score = Objective("score", "", 1.0, low=-math.inf, high=math.inf)
    said = [outcome(value, score) for value in (0.12345, 1234.5, 53020.4, -123456.7, 1.5e6, 1.5e9)]
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


def test_what_multiplies_a_value_keeps_the_digits_that_tell_it_from_1() -> None:
    assert multiple(Estimate(1.0391, 1.0322, 1.0469)) == "1.039 (1.032 to 1.047)"
    assert multiple(Estimate(0.551, 0.362, 0.843)) == "0.55 (0.36 to 0.84)"
    assert multiple(Estimate(12.2, 4.96, 30.1)) == "12.2 (5.0 to 30.1)"
