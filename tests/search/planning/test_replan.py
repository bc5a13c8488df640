"""Plans for a time that are fitted to what the runs take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from search.planning.durations import RunTime
from search.planning.phases import Planned
from search.planning.replan import (
    TimeLeft,
    closed_at_its_end,
    recipes_that_fit,
    replanned,
    with_fitting_long_runs,
    with_fitting_seeds,
    with_long_runs,
)
from search.planning.schedule import Schedule
from search.settings import Settings, TimeLimit
from search.storage.schema import PHASES, Phase

TAKES = RunTime(4.0, 0.5)
LIMIT = TimeLimit(600, 600, 2, ("measure", "search", "verify", "verify_epochs", "confirm"), 64)
SETTINGS = Settings(measure=(16,), search=8, epochs=8, verify=(16,), verify_epochs=40, confirm=2,
                    time=LIMIT)  # fmt: skip
LONG_ONLY = replace(SETTINGS, search=0, verify=(), verify_epochs=None, epochs=20)


def left(seconds: float, recipes: int = 5) -> TimeLeft:
    return TimeLeft(seconds, TAKES, 2, recipes)


def at(phase: Phase | None, begun: Mapping[str, int] | None = None, **runs: int) -> Schedule:
    """A study whose next run is of a phase; `runs` are left of each, `begun` in training."""
    planned = {one: runs.get(one, 0) + (begun or {}).get(one, 0) for one in PHASES}
    ready = (Planned(phase, 1, {}),) if phase else ()
    return Schedule(ready, planned, {one: runs.get(one, 0) for one in PHASES})


def plan(settings: Settings, now: Schedule, seconds: float, known: bool = False) -> Settings:
    return replanned(settings, now, left(seconds), lambda: known)


def test_a_design_grows_until_it_is_known_what_matters_or_time_is_short() -> None:
    after = at("search", search=8, verify=16, confirm=10)
    assert plan(SETTINGS, after, 600).measure == (16, 32)
    assert plan(SETTINGS, after, 600, known=True) == SETTINGS
    # 16 + 8 short runs, and 16 + 5 long ones of 32 epochs, on two workers, and some more.
    needed = (12 * TAKES.of(8) + (8 + 3) * TAKES.of(32)) / 0.85 + 1e-6
    assert plan(SETTINGS, after, needed).measure == (16, 32)
    assert plan(SETTINGS, after, needed - 1).measure == (16,)
    whole = replace(SETTINGS, measure=(16, 32, 64))
    assert plan(whole, after, 6000) == whole
    given = replace(SETTINGS, time=replace(LIMIT, chosen=("verify", "verify_epochs")))
    assert plan(given, after, 6000) == given


def test_no_design_grows_before_its_runs_have_ended_or_beside_later_phases() -> None:
    for now in (
        at("measure", measure=1, search=8, verify=16, confirm=10),
        at("search", {"search": 1}, search=7, verify=16, confirm=10),
    ):
        assert plan(SETTINGS, now, 600) == SETTINGS


@pytest.mark.parametrize(
    ("phase", "needed"),
    [
        ("measure", 1.25 * 2 * TAKES.of(8)),
        ("search", TAKES.of(8) + 8 * TAKES.of(32) + 3 * TAKES.of(32)),
        ("verify", 1.25 * 2 * TAKES.of(40)),
        ("confirm", TAKES.of(40) - 0.02 * 600),
    ],
)
def test_a_phase_is_closed_where_what_follows_would_end_late(phase: Phase, needed: float) -> None:
    now: dict[str, Any] = {phase: 3}
    assert plan(SETTINGS, at(phase, {"search": 1}, **now), needed) == SETTINGS
    closed = plan(SETTINGS, at(phase, {"search": 1}, **now), needed - 0.1)
    assert closed.time is not None
    assert closed.time.closed == (phase,)
    assert replace(closed, time=LIMIT) == SETTINGS


def test_long_runs_fit_in_the_time_that_the_short_ones_left() -> None:
    fitted = with_fitting_long_runs(SETTINGS, left(300))
    assert fitted.verify == (16,)
    epochs = fitted.final_epochs
    assert (8 + 5) * TAKES.of(epochs) <= 0.95 * 300 < (8 + 5) * TAKES.of(epochs + 1)
    assert fitted.verify_last_epochs == min(10, -(-epochs // 4))
    # A machine three times slower: fewer long runs, or none.
    assert with_fitting_long_runs(SETTINGS, left(100)).verify == (8,)
    none = with_fitting_long_runs(SETTINGS, left(50))
    assert (none.verify, none.verify_epochs) == ((), None)
    plenty = with_fitting_long_runs(SETTINGS, left(9999))
    assert (plenty.verify, plenty.verify_epochs) == ((64,), 100)
    given = replace(SETTINGS, time=replace(LIMIT, chosen=("verify_epochs", "confirm")))
    assert with_fitting_long_runs(given, left(50)).verify == (16,)
    epochs_given = replace(SETTINGS, time=replace(LIMIT, chosen=("verify", "confirm")))
    for seconds, runs in ((9999, 64), (800, 32), (500, 16), (250, 8), (10, 8)):
        fitted = with_fitting_long_runs(epochs_given, left(seconds))
        assert (fitted.verify, fitted.verify_epochs) == ((runs,), 40)


def test_long_runs_are_added_where_there_is_time_after_all() -> None:
    assert with_long_runs(LONG_ONLY, left(300)) is None
    longer = with_long_runs(LONG_ONLY, left(400))
    assert longer is not None
    assert longer.verify == (16,)
    assert longer.final_epochs >= 2 * longer.epochs == 40
    limit = replace(LIMIT, chosen=("measure", "search", "verify", "confirm"))
    assert with_long_runs(replace(LONG_ONLY, time=limit), left(400)) is None


def test_as_many_recipes_and_seeds_are_confirmed_as_time_allows() -> None:
    each = TAKES.of(40)
    assert recipes_that_fit(SETTINGS, left(3 * each)) == 5
    assert recipes_that_fit(SETTINGS, left(2 * each)) == 4
    assert recipes_that_fit(SETTINGS, left(0.1)) == 2
    assert with_fitting_seeds(SETTINGS, left(5.1 * each)).confirm == 2
    assert with_fitting_seeds(SETTINGS, left(1)).confirm == 1
    assert with_fitting_seeds(SETTINGS, left(9999)).confirm == 10


def test_what_is_left_at_the_end_is_used() -> None:
    over = at(None)
    assert plan(SETTINGS, over, 8 * TAKES.of(40) + 3 * TAKES.of(40)).verify == (16, 32)
    assert plan(SETTINGS, over, 3 * TAKES.of(40)) == replace(SETTINGS, confirm=3)
    assert plan(SETTINGS, over, 0.9 * TAKES.of(40)) == SETTINGS
    assert plan(LONG_ONLY, over, 400).verify == (16,)
    assert plan(LONG_ONLY, over, (8 + 3) * TAKES.of(20)).measure == (16, 32)
    closed = replace(SETTINGS, time=replace(LIMIT, closed=("confirm",)))
    assert plan(closed, over, 9999) == closed


def test_what_has_not_ended_in_time_is_closed() -> None:
    closed = closed_at_its_end(SETTINGS, at("verify", verify=3, confirm=10)).time
    assert closed is not None
    assert closed.closed == ("verify", "confirm")


def test_a_study_without_a_time_is_left_alone() -> None:
    alone = replace(SETTINGS, time=None)
    assert plan(alone, at("measure", measure=1), 0.1) == alone
