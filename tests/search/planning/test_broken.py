"""Techniques with which every run fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from search.analysis.looks import look_at
from search.analysis.recommendation import candidates
from search.analysis.verified_techniques import choose_verified
from search.planning.broken import breaks_of, broken
from search.planning.phases import PLANS, Planned
from search.planning.schedule import schedule
from search.planning.space import Space
from search.reporting.answer.short_and_long import matters
from search.reporting.answer.what_to_do import headline
from search.reporting.findings import find
from search.results import Results, Run
from search.settings import Settings

SETTINGS = Settings(data="digits", techniques=("batch_norm", "mixup", "dropout", "residual"),
                    measure=(16,), search=0, confirm=1, epochs=8, verify=(16,),
                    verify_epochs=40)  # fmt: skip
SPACE = Space(SETTINGS.factors)
REASON = "it ended with exit code 3"


def results(*runs: Run) -> Results:
    return Results("s", SETTINGS.factors, runs, SETTINGS)


def tried(one: Planned, breaks: str) -> Run:
    assert one.params is not None
    on = frozenset(name for name in SETTINGS.factors if one.params[name])
    made = Run(0, one.phase, "complete", one.params, on, None, {}, one.seed,
               epochs=SETTINGS.epochs_of(one.phase))  # fmt: skip
    if breaks in on:
        return replace(made, state="failed", failure=REASON)
    noise = np.random.default_rng(one.seed).standard_normal() / 100
    return replace(made, value=0.5 + 0.1 * ("batch_norm" in on) + noise)


def measured(breaks: str = "mixup") -> list[Run]:
    """Each run of the design, tried once."""
    return [tried(one, breaks) for one in PLANS["measure"](SETTINGS, SPACE, results())]


def test_a_technique_that_no_run_ends_with_is_broken() -> None:
    runs = measured()
    assert broken(results(*runs)) == ("mixup",)
    once = replace(next(run for run in runs if "mixup" in run.on), state="complete", value=0.1)
    assert broken(results(*runs, once)) == ()


@pytest.mark.parametrize("failure", [None, "interrupted"])
def test_runs_that_were_stopped_tell_nothing(failure: str | None) -> None:
    runs = [replace(run, failure=failure) if run.failure else run for run in measured()]
    assert broken(results(*runs)) == ()


def test_one_recipe_that_fails_breaks_no_technique() -> None:
    ended = [run for run in measured() if run.failure is None]
    lost = next(run for run in measured() if run.failure)
    assert broken(results(*ended, lost, lost, lost, lost)) == ()


def test_the_only_technique_breaks_in_its_only_recipe() -> None:
    alone = replace(SETTINGS, techniques=("mixup",), verify=(), verify_epochs=None)
    planned = PLANS["measure"](alone, Space(alone.factors), Results("s", ("mixup",), (), alone))
    runs = []
    for one in planned:
        assert one.params is not None
        on = frozenset({"mixup"} if one.params["mixup"] else ())
        state, failure = ("failed", REASON) if on else ("complete", None)
        runs.append(Run(0, one.phase, state, one.params, on, None if on else 0.5, {}, one.seed,
                        epochs=8, failure=failure))  # fmt: skip
    assert broken(Results("s", ("mixup",), tuple(runs), alone)) == ("mixup",)


def test_where_every_run_fails_no_technique_is_to_blame() -> None:
    failed = [replace(run, state="failed", failure=REASON) for run in measured()]
    assert broken(results(*failed)) == ()


def test_its_runs_are_tried_once_and_the_study_goes_on() -> None:
    now = schedule(SETTINGS, SPACE, results(*measured()))
    assert now.left["measure"] == 0
    assert now.choose == "verify"
    assert look_at(results(*measured())).complete


def test_it_is_held_off_in_long_runs_and_not_confirmed() -> None:
    found = results(*measured())
    verified = choose_verified(found)
    assert verified.techniques == ("batch_norm", "dropout", "residual")
    assert not verified.params["mixup"]
    recipes = [one.params for one in PLANS["confirm"](SETTINGS, SPACE, found)]
    assert SPACE.params([]) in recipes
    assert SPACE.params(SETTINGS.factors) not in recipes


def test_the_answer_and_the_cautions_name_it_once() -> None:
    findings = find(results(*measured()), [])
    assert headline(findings).startswith(f"Every run with mixup failed, 8 in all: {REASON}. ")
    assert "mixup" not in matters(findings, briefly=True)  # beside the headline
    assert matters(findings).endswith("All runs with mixup failed.")
    assert "no estimate" not in matters(findings)
    named = [said for said in findings.cautions if "mixup" in said]
    assert named == [f"Every run with mixup failed, 8 in all: {REASON}."]


def without_pair() -> list[Run]:
    """Each run of the design, tried once, of which those with mixup and dropout failed."""
    pairs = zip(measured("mixup"), measured("dropout"), strict=True)
    return [
        one
        if one.state == "failed" == other.state
        else replace(one, state="complete", failure=None, value=one.value or other.value)
        for one, other in pairs
    ]


def test_two_techniques_that_fail_together_are_tried_once_and_recommended_no_more() -> None:
    study = results(*without_pair())
    assert broken(study) == ()
    assert breaks_of(study) == {"mixup and dropout together": {"mixup", "dropout"}}
    lacking = schedule(SETTINGS, SPACE, study).left["measure"]
    assert lacking == 0
    said = matters(find(study, []))
    assert "All runs with mixup and dropout together failed." in said
    assert candidates(study)
    assert not any(one["mixup"] and one["dropout"] for one in candidates(study))


def test_a_pair_of_which_one_recipe_failed_is_not_broken() -> None:
    runs = without_pair()
    [first, *others] = [at for at, run in enumerate(runs) if run.state == "failed"]
    for at in others:
        runs[at] = replace(runs[at], state="complete", failure=None, value=0.5)
    assert breaks_of(results(*runs)) == {}
    assert breaks_of(results(*3 * [runs[first]])) == {}
