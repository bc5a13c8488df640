"""What is next, from runs that are made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from search.planning.phases import PLANS, Planned
from search.planning.schedule import Schedule, schedule
from search.planning.space import Space
from search.results import Candidates, Results, Run
from search.settings import Settings, TimeLimit

SETTINGS = Settings(data="digits", techniques=("batch_norm", "mixup"), measure=(4,), search=2,
                    confirm=1, ladder=1)  # fmt: skip
SPACE = Space(SETTINGS.factors)


def results(*runs: Run) -> Results:
    numbered = tuple(replace(run, number=number) for number, run in enumerate(runs))
    return Results("s", SETTINGS.factors, numbered, SETTINGS)


def planned(phase: str, so_far: Results) -> list[Planned]:
    return PLANS[phase](SETTINGS, SPACE, so_far)  # type: ignore[index]


def run(one: Planned, state: str = "complete", **changes: Any) -> Run:
    params = dict(one.params or SPACE.params(["mixup"]))
    on = frozenset(name for name in SETTINGS.factors if params[name])
    accuracy = 0.5 if state == "complete" else None
    return replace(
        Run(0, one.phase, state, params, on, accuracy, seed=one.seed), **changes
    )  # fmt: skip


def now(*runs: Run) -> Schedule:
    return schedule(SETTINGS, SPACE, results(*runs))


def everything(*phases: str, so_far: Results | None = None) -> list[Run]:
    return [run(one) for phase in phases for one in planned(phase, so_far or results())]


def test_measuring_and_the_ladder_need_not_wait_for_each_other() -> None:
    begun = now()
    assert [one.phase for one in begun.next] == ["measure"] * 4 + ["ladder"] * 3
    left = {"measure": 4, "ladder": 3, "search": 2, "verify": 0, "confirm": 5}
    assert dict(begun.left) == left
    assert begun.phase == "measure"


def test_the_candidates_are_counted_before_they_are_known() -> None:
    """They are others than all off and all on, but for one technique without dials."""
    runs = everything("measure", "ladder")
    assert now().left["confirm"] == now(*runs).left["confirm"] == 5
    alone = replace(SETTINGS, techniques=("batch_norm",), ladder=0)
    left = schedule(alone, Space(alone.factors), Results("s", alone.factors, (), alone)).left
    assert left["confirm"] == 2


def test_a_run_under_way_is_left_but_not_next() -> None:
    first = planned("measure", results())[0]
    under_way = now(run(first, "running"))
    assert under_way.left["measure"] == 4
    assert first not in under_way.next
    assert len(under_way.next) == 6


def test_the_search_waits_for_the_last_measured_run() -> None:
    runs = everything("measure", "ladder")
    last = replace(runs[3], state="running", value=None)
    assert now(*runs[:3], last, *runs[4:]).next == ()
    assert [one.phase for one in now(*runs).next] == ["search"] * 2


def test_a_searched_run_that_was_lost_keeps_its_recipe() -> None:
    runs = everything("measure", "ladder")
    first, second = planned("search", results())
    lost = run(first, "failed", failure="interrupted")
    again, other = now(*runs, lost).next
    assert (again.seed, again.params) == (first.seed, SPACE.params(["mixup"]))
    assert other == second
    half = replace(lost, params={"batch_norm": False})
    assert now(*runs, half).next[0] == first


def test_three_failures_are_enough_and_interruptions_do_not_count() -> None:
    first = planned("measure", results())[0]
    failed = [run(first, "failed", failure="it broke")] * 3
    lost = [run(first, "failed", failure="interrupted")] * 9
    assert first in now(*failed[:2], *lost).next
    assert now(*failed[:2]).next[-1].phase == "ladder"
    assert first not in now(*failed).next
    assert now(*failed).left["measure"] == 3


def test_the_least_tried_come_first() -> None:
    first = planned("measure", results())[0]
    order = [one for one in now(run(first, "failed", failure="it broke")).next
             if one.phase == "measure"]  # fmt: skip
    assert order[-1] == first


def test_a_study_whose_runs_have_all_ended_has_no_phase() -> None:
    runs = everything("measure", "ladder", "search")
    runs += everything("confirm", so_far=results(*runs))
    assert now(*runs).phase is None
    assert not now(*runs).next


def test_candidates_are_chosen_once_the_other_phases_have_ended() -> None:
    runs = [replace(one, value=0.4 + 0.1 * ("mixup" in one.on) - 0.05 * len(one.on - {"mixup"}))
            for one in everything("measure", "ladder")]  # fmt: skip
    assert not now(*runs).choose
    runs += everything("search")
    before = now(*runs)
    assert before.choose
    assert not before.next
    assert before.phase == "confirm"
    mixup = {**SPACE.params(["mixup"]), "mixup_alpha": 0.5}
    chosen = Candidates(SETTINGS.measure, SETTINGS.search, (mixup, SPACE.params([])))
    known = replace(results(*runs), candidates=chosen)
    after = schedule(SETTINGS, SPACE, known)
    assert [one.params for one in after.next] == [
        mixup, SPACE.params([]), SPACE.params(SETTINGS.factors)
    ]  # fmt: skip
    grown = replace(SETTINGS, search=3)
    assert not schedule(grown, SPACE, known).choose
    last = PLANS["search"](grown, SPACE, known)[-1]
    done = replace(known, runs=(*known.runs, run(last)))
    assert schedule(grown, SPACE, done).choose


def test_a_confirmation_that_an_earlier_version_began_goes_on_as_it_was() -> None:
    runs = everything("measure", "ladder", "search")
    runs[0] = replace(runs[0], value=0.9)
    begun = planned("confirm", results(*runs))
    after = now(*runs, run(begun[0]))
    assert not after.choose
    assert list(after.next) == begun[1:]


def test_a_closed_phase_plans_what_has_begun() -> None:
    begun = everything("measure")[:2]
    under_way = run(planned("measure", results())[2], "running")
    lost = run(planned("measure", results())[3], "failed", failure="interrupted")
    closed = replace(SETTINGS, ladder=0, time=TimeLimit(60, 50, closed=("measure", "confirm")))

    def seen(*runs: Run) -> Schedule:
        return schedule(closed, SPACE, replace(results(*runs), settings=closed))

    waiting = seen(*begun, under_way, lost)
    assert (waiting.planned["measure"], waiting.left["measure"]) == (3, 1)
    assert waiting.next == ()
    after = seen(*begun, lost)
    assert (after.planned["measure"], after.left["measure"]) == (2, 0)
    assert [one.phase for one in after.next] == ["search"] * 2
    assert after.left["confirm"] == 0
    assert after.choose is None
