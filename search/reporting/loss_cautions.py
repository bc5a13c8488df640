"""Cautions about runs that are lost: that failed, diverged, were pruned or have no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from search.analysis.lost_together import LostTogether
from search.analysis.run_losses import GivenUp, RunLosses, given_up
from search.analysis.unequal_losses import Loss, UnequalLoss
from search.reporting.formatting import counted, listed, listed_first, with_states
from search.reporting.sentences.failures import as_end, brief
from search.reporting.sentences.running import overdue, since
from search.results import Results

_MOST_NAMED = 3
"""Recipes in one sentence, or sentences of techniques that lose more trials."""
_MOST_PAIRS = 6
"""Choices that fail together, in one sentence."""
_LOST: Mapping[Loss, str] = {
    "failed": "failed",
    "pruned": "were pruned",
    "no value": "came to no value that can be computed with",
}


def nothing_learned(losses: RunLosses, *, program: bool) -> list[str]:
    """Say where the runs tell nothing: all diverged, or all have one value."""
    sentences = []
    if losses.all_diverged:
        sentences.append(
            "Every measured run diverged, so the runs say nothing about any technique."
        )
    if losses.all_equal:
        judged = (
            "factor can be judged: does --metric take a number that they can change?"
            if program
            else "technique can be judged."
        )
        sentences.append(f"Every measured run has the same value, so no {judged}")
    return sentences


def not_together(lost: Sequence[LostTogether]) -> list[str]:
    """Name the choices of another program that fail together."""
    if not lost:
        return []
    named = [
        f"{listed([two.phrase for two in one.choices])} ({counted(len(one.trials), 'trial')})"
        for one in lost
    ]
    return [
        "Every trial failed that had two choices that do not go together: "
        f"{listed_first(named, _MOST_PAIRS)}. No recommended recipe has both of such two, and "
        "effects are means over the recipes that remain."
    ]


def unequally_lost(losses: Sequence[UnequalLoss], run: str) -> list[str]:
    """Name techniques with which more runs are lost, or fewer, and what that does to effects."""
    sentences = []
    for one in losses[:_MOST_NAMED]:
        happened, at_first = _LOST[one.loss], one.loss == "pruned" and one.scored
        if not one.worse.left:
            side = "with" if one.more_on else "without"
            which = f"{one.worse.runs:,} {run}s {side} {one.technique}"
            if one.worse.lost < one.worse.runs:
                said = f"None of the {which} came to a value, so its effect is unknown."
            elif at_first:
                said = (
                    f"All {which} {happened}, as they did badly at first: its effect is unknown, "
                    "and may be the largest."
                )
            else:
                said = f"All {which} {happened}, so its effect is unknown."
            sentences.append(said)
            continue
        looks = f"{one.technique} looks {'better' if one.more_on else 'worse'} than it is"
        why = "As these did badly at first" if at_first else "If these would have done badly"
        sentences.append(
            f"{one.on.lost:,} of {one.on.runs:,} {run}s with {one.technique} {happened}, and "
            f"{one.off.lost:,} of {one.off.runs:,} without. {why}, {looks}."
        )
    return sentences


def pruned_trials(results: Results, losses: RunLosses) -> list[str]:
    """Count pruned trials of another program; where none is complete, the answer says it."""
    if results.designed or not losses.pruned or not losses.measured:
        return []
    have, are = ("has", "is") if losses.pruned == 1 else ("have", "are")
    return [
        f"{counted(losses.pruned, 'pruned trial')} {have} no final value and {are} left out, "
        "so settings that do badly at first are seen too rarely."
    ]


def lost_runs(losses: RunLosses, grown_by: str) -> list[str]:
    """Count the runs that are missing, failed, without a value or diverged, and why."""
    sentences = []
    if losses.planned and losses.measured < losses.planned:
        missing = losses.planned - losses.measured
        are = f"{missing} {'is' if missing == 1 else 'are'} missing"
        if losses.no_time == missing:
            are = f"there was no time for {missing}"
        elif losses.no_time:
            are += f", {losses.no_time} of them for lack of time"
        sentences.append(f"{losses.measured} of {losses.planned} planned runs are complete; {are}.")
    sentences += _given_up(losses.given_up, grown_by.removeprefix("--"))
    sentences += [
        f"{counted(count, 'run')} failed: {as_end(reason)}" for reason, count in losses.failures
    ]
    if losses.no_value:
        sentences.append(
            f"{counted(losses.no_value, 'run')} ended without a value that can be computed with "
            f"and {'is' if losses.no_value == 1 else 'are'} left out."
        )
    if losses.diverged and not losses.all_diverged:
        counts = "it counts" if losses.diverged == 1 else "they count"
        states = with_states(losses.diverged_on, losses.diverged_off)
        alike = f", all with {' and '.join(states)}" if states else ""
        sentences.append(
            f"{counted(losses.diverged, 'run')} diverged{alike}; {counts} at chance level."
        )
    return sentences


def count_given_up(results: Results) -> str:
    """Say how many planned runs a study goes without; empty of none."""
    lost = len(given_up(results)) if results.designed else 0
    have = "has" if lost == 1 else "have"
    return f"{counted(lost, 'run')} {have} been given up, as every try failed." if lost else ""


def broken_techniques(results: Results) -> list[str]:
    """Say with which techniques every run failed, how many did, and why the last."""
    said = _broken(given_up(results), briefly=True) if results.designed else []
    if said and results.program is not None:
        said.append("A mended --factor needs a new study.")
    return said


def unfinished_trials(results: Results, losses: RunLosses) -> list[str]:
    """Count other trials of another program that are not complete, as kouka's own say why."""
    if results.designed:
        return []
    parts = [
        f"{counted(count, 'trial')} {state if count == 1 else states}"
        for count, state, states in (
            (losses.unexplained, "has failed", "have failed"),
            (losses.running, f"is running{since(results)}", f"are running{since(results)}"),
            (losses.waiting, "is waiting to run", "are waiting to run"),
        )
        if count
    ]
    if not parts:
        return []
    one = losses.unexplained + losses.running + losses.waiting == 1
    return [f"{listed(parts)}, and {'is' if one else 'are'} left out.{overdue(results)}"]


def infeasible_trials(losses: RunLosses) -> list[str]:
    """Count the trials that break a constraint of another program's study."""
    count = losses.infeasible
    if not count:
        return []
    if count == losses.measured:
        return [
            "Every complete trial breaks a constraint of the study, so what is recommended does so "
            "too. The effects are those on the objective alone."
        ]
    broke = "breaks" if count == 1 else "break"
    return [
        f"{count:,} of {losses.measured:,} complete trials {broke} a constraint of the study. What "
        "is recommended is a recipe of those that keep them; the effects are of all trials, on the "
        "objective alone."
    ]


def _given_up(lost: Sequence[GivenUp], measuring: str) -> list[str]:
    """A sentence for all the runs of a phase that were lost for the same reason.

    `measuring` is the phase of the measured runs, which are those of `verify` in a study of these.
    """
    alike: dict[tuple[str, int, str], list[str]] = {}
    sentences = _broken([run for run in lost if run.broken])
    for run in lost:
        if not run.broken:
            phase = measuring if run.phase == "measure" else run.phase
            alike.setdefault((phase, run.tries, run.reason), []).append(run.recipe)
    for (phase, tries, reason), recipes in alike.items():
        which, had = (
            (f"A {phase} run was", "it had")
            if len(recipes) == 1
            else (f"{len(recipes)} {phase} runs were", "each had")
        )
        different = list(dict.fromkeys(recipes))
        named = "; ".join(different[:_MOST_NAMED])
        more = len(different) - _MOST_NAMED
        sentences.append(
            f"{which} given up after {had} failed {tries} times (techniques on: {named}"
            f"{f'; {more} more' if more > 0 else ''}): {as_end(reason)}"
        )
    return sentences


def _broken(lost: Sequence[GivenUp], *, briefly: bool = False) -> list[str]:
    """A sentence for each technique with which every run failed."""
    of: dict[str, list[GivenUp]] = {}
    for run in lost:
        for name in run.broken:
            of.setdefault(name, []).append(run)
    return [
        f"Every run with {name} failed, {len(runs)} in all: "
        f"{as_end(brief(runs[-1].reason) if briefly else runs[-1].reason)}"
        for name, runs in of.items()
    ]
