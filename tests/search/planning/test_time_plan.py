"""Plans made for a time, from epochs that are timed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model_space.facts import DataFacts
from model_space.technique import Dial
from search.commands.program import CommandDial, CommandFactor, CommandLevel, Metric, Program
from search.errors import InputError
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.time_plan import (
    Timing,
    plan_for,
    time_limit,
    with_plan,
)
from search.settings import TimeLimit
from tests.support.programs import switches

FAST = Timing(0.3, 0.5, 4.0, 2)
SLOW = Timing(6.0, 9.0, 6.0, 2)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1.5h", 5400)]
)
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert time_limit(text).seconds == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "m",
        "half an hour",
        "-5m",
        "5m!",
        "0",
        "0s",
        "5 parsecs",
        "nan",
        "NaNs",
        "infs",
        "999999h",
        "1e9h",
    ],
)
def test_another_text_is_no_time(text: str) -> None:
    with pytest.raises(InputError, match=r"^--time .*"):
        time_limit(text)


@pytest.mark.parametrize("timing", [FAST, SLOW, Timing(0.02, 0.05, 1.0, 8)])
@pytest.mark.parametrize("seconds", [600, 1800, 3600, 7200])
@pytest.mark.parametrize("techniques", [2, 8, 12])
def test_a_plan_fits_in_its_time(timing: Timing, seconds: float, techniques: int) -> None:
    plan = plan_for(seconds, timing, techniques, Requested())
    assert plan.training == plan.seconds <= seconds
    assert plan.seconds == pytest.approx(
        sum(timing.runs(part.runs, part.epochs) for part in plan.parts)
    )
    assert plan.measure >= 2 * techniques
    if plan.verify:
        assert (plan.verify_epochs or 0) > plan.epochs


def test_many_test_images_make_a_run_longer() -> None:
    """10,000 of them take as long as 3,333 to train on, 500 to validate on as long as 167."""
    facts = DataFacts(("a", "b"), (32, 32, 3), 500, 500, 10_000)
    tested = FAST.with_test(facts)
    assert tested.start == pytest.approx(FAST.start + 0.4 * 3333 / (500 + 167), rel=1e-3)
    assert (tested.all_off, tested.all_on) == (FAST.all_off, FAST.all_on)


def test_a_plan_uses_its_time() -> None:
    """Until the runs are as long as the article's, and as many as anybody wants."""
    for seconds in (600, 1800, 3600):
        for timing in (FAST, SLOW):
            assert plan_for(seconds, timing, 8, Requested()).seconds > 0.8 * seconds


def test_long_runs_come_first_and_short_ones_where_there_is_time() -> None:
    little, more = (plan_for(minutes * 60, SLOW, 8, Requested()) for minutes in (30, 120))
    assert (little.verify, little.verify_epochs, little.measure) == (0, None, 16)
    assert (more.verify, more.measure) == (16, 64)
    assert (more.verify_epochs or 0) >= 30 > more.epochs


def test_what_is_given_is_kept() -> None:
    given = Requested(measure=32, search=4, verify=8, verify_epochs=20, epochs=5, confirm=2)
    plan = plan_for(3600, FAST, 4, given, ladder=5)
    assert (plan.measure, plan.search, plan.verify, plan.confirm) == (32, 4, 8, 2)
    assert (plan.epochs, plan.verify_epochs) == (5, 20)
    assert [(part.phase, part.runs, part.epochs) for part in plan.parts] == [
        ("measure", 32, 5), ("ladder", 5, 5), ("search", 4, 5), ("verify", 8, 20),
        ("confirm", 10, 20),
    ]  # fmt: skip


def test_a_time_too_short_says_what_it_would_take() -> None:
    with pytest.raises(InputError, match=r"--time 60s is too short.*about 4m on this machine"):
        plan_for(60, SLOW, 8, Requested())
    assert plan_for(4 * 60, SLOW, 8, Requested()).epochs >= 2
    with pytest.raises(InputError, match=r"with --epochs 50 --measure 64, takes about"):
        plan_for(600, SLOW, 8, Requested(measure=64, epochs=50))


(SWITCHED,) = switches("a")
OF_LEVELS = CommandFactor("b", (CommandLevel("1"), CommandLevel("2"), CommandLevel("3")))
DIAL = CommandDial(Dial("lr", 0, 1, 2, False), ("{value}",))


def asked(command: str, *factors: CommandFactor, dials: tuple[CommandDial, ...] = ()) -> Requested:
    return Requested(program=Program(command, "/", factors, Metric("acc", "acc"), dials))


def test_a_program_without_epochs_has_a_plan_of_runs_alone() -> None:
    given = asked("train {flags}", SWITCHED)
    plan = plan_for(300, Timing(2.0, 2.0, 0.0, 1), 1, given)
    assert (plan.verify, plan.epochs, plan.search) == (0, 1, 0)
    assert [(part.phase, part.runs) for part in plan.parts] == [("measure", 64), ("confirm", 15)]
    assert plan.training == 79 * 2.0
    with pytest.raises(InputError, match=r"the smallest plan takes about 22s .* a run shorter"):
        plan_for(10, Timing(2.0, 2.0, 0.0, 1), 1, given)
    with pytest.raises(InputError, match=r"the smallest plan, with --measure 32, takes about"):
        plan_for(10, Timing(2.0, 2.0, 0.0, 1), 1, replace(given, measure=32))


def test_a_program_is_planned_like_a_network_with_what_it_has() -> None:
    timing = Timing(0.1, 0.1, 1.0, 2)
    plan = plan_for(3600, timing, 1, asked("train {epochs} {flags}", SWITCHED, dials=(DIAL,)))
    assert (plan.search, plan.verify) == (60, 64)
    assert (plan.verify_epochs or 0) > plan.epochs > 1
    # A design with a factor of several levels is made at once, as it cannot grow.
    levels = plan_for(3600, timing, 1, asked("train {epochs} {flags}", SWITCHED, OF_LEVELS))
    assert (levels.begin, levels.search) == (levels.measure, 0)


QUICK = Timing(0.76, 0.98, 2.6, 1)
"""An epoch of 2,000 images of CIFAR-10 at an eighth of the width, on one core."""


def test_short_runs_have_a_quarter_of_the_epochs_asked_for_or_are_none() -> None:
    asked = Requested(verify_epochs=20)
    for seconds in range(400, 7200, 100):
        plan = plan_for(seconds, QUICK, 8, asked)
        assert plan.seconds <= seconds
        if plan.verify:
            assert (plan.epochs, plan.verify_epochs) == (5, 20)
        else:
            assert (plan.epochs, plan.verify_epochs) == (20, None)
    none, some = (plan_for(seconds, QUICK, 8, asked) for seconds in (540, 1200))
    assert (none.measure, none.verify, none.search) == (16, 0, 0)
    assert none.why_no_short_runs == (
        "All runs are of 20 epochs: there is no time for short runs of 5 epochs beside enough of "
        "these, and still shorter ones may rank the techniques otherwise."
    )
    assert (some.verify, some.why_no_short_runs) == (16, "")
    assert plan_for(7200, QUICK, 8, asked).verify > 16


def test_epochs_asked_for_that_are_few_leave_no_room_for_short_runs() -> None:
    for epochs in range(1, 8):
        plan = plan_for(7200, QUICK, 8, Requested(verify_epochs=epochs))
        assert (plan.epochs, plan.verify, plan.verify_epochs) == (epochs, 0, None)
        assert "shorter ones" in plan.why_no_short_runs
    assert plan_for(7200, QUICK, 8, Requested(verify_epochs=8)).epochs == 2


def test_a_plan_of_one_length_says_why() -> None:
    plan = plan_for(540, QUICK, 8, Requested())
    assert not plan.verify
    assert plan.why_no_short_runs.startswith(
        "All runs are of one length: there is no time for short ones beside enough long ones of 30 "
    )


def test_a_plan_of_one_length_is_settled_and_found_again() -> None:
    asked = Requested(verify_epochs=20, time=TimeLimit(540, 540))
    plan = plan_for(540, QUICK, 8, asked)
    settings = settle(None, with_plan(asked, plan))
    assert (settings.epochs, settings.verify, settings.verify_epochs) == (20, (), None)
    assert settle(settings, asked) == settings
    longer = settle(settings, replace(asked, verify_epochs=40))
    assert (longer.epochs, longer.verify, longer.verify_epochs) == (20, (16,), 40)


def test_long_runs_that_are_asked_for_are_made_however_short_the_others() -> None:
    asked = Requested(verify=16, verify_epochs=20)
    plan = plan_for(540, QUICK, 8, asked)
    assert (plan.verify, plan.verify_epochs) == (16, 20)
    assert plan.epochs < 5
    # With much time, short runs are not longer than the long ones.
    assert plan_for(36_000, QUICK, 8, asked).epochs == 5
