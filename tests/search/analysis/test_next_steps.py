"""What would settle more: the options that name it, its runs and their time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from model_space.technique import Dial
from search.commands.program import CommandDial, Metric, Program
from search.planning.design import design
from search.planning.phases import PLANS
from search.planning.requested import Requested
from search.planning.settle import settle as settings_for
from search.planning.space import Space
from search.reporting.answer.commands import settle
from search.reporting.findings import Findings, find
from search.results import Results, Run
from search.settings import Settings, TimeLimit
from search.storage.schema import TRIES
from tests.support.fakes import EFFECTS
from tests.support.programs import switches
from tests.support.simulate import NAMES, results_of, run, simulated, value

SETTINGS = Settings(data="digits", epochs=200, measure=(16,), search=0, confirm=0)
SPACE = Space(SETTINGS.factors)


def study(settings: Settings = SETTINGS, ended: int | None = None) -> Findings:
    """A study of which so many planned `measure` runs have ended, each in 10 seconds."""
    empty = Results("s", settings.factors, (), settings)
    planned = PLANS["measure"](settings, SPACE, empty)[:ended]
    values = simulated(design(8, settings.measure[0], settings.measure[0])[: len(planned)], 0, 0.3)
    runs = []
    for number, (one, noisy) in enumerate(zip(planned, values, strict=True)):
        assert one.params is not None
        on = frozenset(name for name in NAMES if one.params[name])
        noise = (noisy.value or 0) - value(sorted(noisy.on), EFFECTS) / 100
        runs.append(run(on, value(sorted(on), EFFECTS) / 100 + noise, number=number, seed=one.seed,
                        params=one.params, epochs=settings.epochs, seconds=10.0,
                        seconds_per_epoch=0.05))  # fmt: skip
    return find(replace(empty, runs=tuple(runs)), [])


def test_what_is_planned_comes_before_all_else() -> None:
    [step] = study(ended=12).steps
    assert (step.kind, step.options, step.runs) == ("resume", (), 4)
    assert step.seconds == pytest.approx(40)


def test_a_finished_study_asks_for_fresh_seeds_and_more_runs() -> None:
    steps = {step.kind: step for step in study().steps}
    assert steps["confirm"].options == ("--confirm", "3")
    assert steps["confirm"].runs == 15
    assert steps["confirm"].seconds == pytest.approx(150)
    assert steps["runs"].options == ("--measure", "64")
    assert steps["runs"].runs == 48
    assert steps["runs"].separates
    assert "longer" not in steps  # runs of 200 epochs are long


def test_a_program_that_draws_nothing_needs_no_seeds_and_has_no_smaller_effects() -> None:
    noisy = study().results
    exact = [replace(one, value=value(sorted(one.on), EFFECTS) / 100) for one in noisy.runs]
    findings = find(replace(noisy, runs=tuple(exact), seed_matters=False), [])
    [step] = findings.steps
    assert (step.kind, step.separates) == ("runs", True)
    said = next(one.does for one in settle(findings) if "--measure 64" in one.line)
    assert said.startswith("The interaction of each two techniques: 48 more runs")


def test_short_runs_alone_ask_for_longer_ones_first() -> None:
    step = study(replace(SETTINGS, epochs=10)).steps[0]
    assert (step.kind, step.epochs) == ("longer", 40)
    assert step.options == ("--verify", "16", "--verify-epochs", "40")
    assert step.seconds is not None


def test_a_plan_without_time_for_its_runs_asks_for_more() -> None:
    limit = TimeLimit(60.0, 60.0, closed=("measure",))
    settings = replace(SETTINGS, time=limit)
    [first, *_] = study(settings, ended=3).steps
    assert (first.kind, first.runs) == ("time", 13)
    assert first.options == ("--time", "6m")  # a minute, and twice what they take


def test_runs_that_a_plan_left_out_are_made_by_whatever_asks_for_more() -> None:
    limit = TimeLimit(60.0, 60.0, closed=("measure", "confirm"))
    settings = replace(SETTINGS, confirm=1, time=limit)
    steps = {step.kind: step for step in study(settings, ended=14).steps}
    # Two of `measure`, and five recipes with three seeds, of which none has one yet.
    assert steps["confirm"].options == ("--confirm", "3")
    assert steps["confirm"].runs == 2 + 15
    assert steps["confirm"].seconds == pytest.approx(170)
    assert steps["runs"].runs == 2 + 48
    short = replace(settings, epochs=10)
    longer = next(step for step in study(short, ended=14).steps if step.kind == "longer")
    assert longer.runs == 2 + 16 + 5


def test_more_seeds_than_a_plan_had_no_time_for_are_asked_for() -> None:
    limit = TimeLimit(60.0, 60.0, closed=("confirm",))
    steps = {step.kind: step for step in study(replace(SETTINGS, confirm=3, time=limit)).steps}
    assert steps["confirm"].options == ("--confirm", "4")


def test_one_recipe_alone_is_not_compared_with_itself() -> None:
    """Of a study of one technique, with which every run fails."""
    settings = replace(SETTINGS, techniques=("mixup",))
    empty = Results("s", settings.factors, (), settings)
    runs: list[Run] = []
    for one in PLANS["measure"](settings, Space(settings.factors), empty):
        assert one.params is not None
        more: dict[str, Any] = {
            "seed": one.seed,
            "params": one.params,
            "epochs": settings.epochs,
            "seconds": 10.0,
        }
        if one.params["mixup"]:
            lost = [run(["mixup"], 0.0, state="failed", failure="no memory", **more)] * TRIES
            runs += [replace(again, number=100 + len(runs) + at) for at, again in enumerate(lost)]
        else:
            runs.append(run([], 0.5 + 0.001 * len(runs), **more))
    findings = find(replace(empty, runs=tuple(runs)), [])
    assert findings.decision is not None
    assert findings.steps == ()


def test_another_programs_study_has_no_commands() -> None:
    assert find(results_of(simulated(design(8, 16, 16), 0, 0.3), designed=False), []).steps == ()


def test_dials_that_no_run_has_turned_ask_for_a_search() -> None:
    dial = CommandDial(Dial("lr", 1e-4, 1e-3, 1e-1, log=True), ("--lr", "{value}"))
    program = Program("train {flags}", "/", switches(("ema",)), Metric("acc", "acc"), unit="points",
                      scale=100.0, dials=(dial,))  # fmt: skip

    def study_of(program: Program, search: int) -> Findings:
        asked = Requested(program=program, measure=16, search=search, confirm=0)
        settings = settings_for(None, asked)
        space = Space.of(settings)
        empty = Results("s", settings.factors, (), settings)
        planned = PLANS["measure"](settings, space, empty)
        params = [(one.params or {}, one.seed) for one in planned]
        runs = [
            Run(at, "measure", "complete", one, empty.on(one), 0.6 + 0.1 * one["ema"], {}, seed,
                seconds=10.0, epochs=settings.epochs)
            for at, (one, seed) in enumerate(params)
        ]  # fmt: skip
        return find(replace(empty, runs=tuple(runs)), [])

    findings = study_of(program, 0)
    [step, *_] = findings.steps
    assert (step.kind, step.options, step.runs) == ("search", ("--search", "20"), 20)
    said = settle(findings)[0].does
    assert said.startswith("Better values than lr 0.001, which all runs have: 20 runs, about ")
    assert all(one.kind != "search" for one in study_of(replace(program, dials=()), 0).steps)
    [resume] = study_of(program, 20).steps
    assert (resume.kind, resume.runs) == ("resume", 20)
