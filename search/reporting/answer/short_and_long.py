"""The answer of a study: by its long runs where it has some, else with what would settle it."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from search.analysis.budgets import BudgetChange
from search.analysis.fast_start import FastStart
from search.objective import Objective
from search.planning.broken import breaks_of
from search.reporting.findings import Findings, Verification
from search.reporting.formatting import (
    MOST_NAMED,
    capitalized,
    counted,
    in_unit,
    listed,
    listed_first,
    roughly,
    signed,
    with_interval,
    with_states,
)
from search.reporting.sentences.effects import no_effects, what_matters_most
from search.results import Results


def answer(findings: Findings) -> str:
    """Answer what matters, at the budget that decides, and what would change it."""
    said = matters(findings)
    if findings.fast_start is not None and findings.effects is not None:
        return f"{said} {fast_start(findings.fast_start, findings.results)}"
    return said


def matters(findings: Findings, *, briefly: bool = False, budget: bool = True) -> str:
    """Say what matters at the budget that decides; `briefly` without most numbers.

    The `budget` may have been said before.
    """
    results, fitted = findings.results, findings.effects
    long = findings.verification
    if long is not None:
        parts = [what_matters_most(long.effects, long.results, briefly=briefly, budget=budget)]
        if not briefly:
            kept = held(long)
            parts += [f"These runs held {kept}." if kept else "", between(findings)]
    elif fitted is None:
        return no_effects(results)
    else:
        parts = [what_matters_most(fitted, results, briefly=briefly, budget=budget)]
    if not briefly:  # else what to do has said it
        parts.append(_broken(results))
    return " ".join(part for part in parts if part)


def _broken(results: Results) -> str:
    """Say with which techniques every run has failed; empty where there are none."""
    names = breaks_of(results)
    return f"All runs with {' and all with '.join(names)} failed." if names else ""


def cautions_that_count(findings: Findings) -> tuple[str, ...]:
    """The cautions on the effects that the headline gives."""
    return (findings.verification or findings).cautions


def between(findings: Findings) -> str:
    """Name the effects that changed from the short budget to the long one."""
    long, results = findings.verification, findings.results
    if long is None or not long.changes:
        return ""
    changed = [
        f"{_named(rows, results.objective)} changed {how}"
        for how, kind in (("sign", "sign"), ("clearly in size", "size"))
        if (rows := [one for one in long.changes if one.kind == kind])
    ]
    short, later = results.epochs_of("measure"), results.epochs_of("verify")
    begin = (
        f"From {counted(short, 'epoch')} to {later}"
        if short and later
        else "From short runs to long ones"
    )
    beside = (
        ", beside what the long runs held" if any(one.beside_held for one in long.changes) else ""
    )
    why = (
        ", or what the long runs held makes the difference"
        if any(one.mixed and one.kind for one in long.changes)
        else ""
    )
    return f"{begin}{beside}, {'; '.join(changed) or 'no effect changed clearly'}{why}."


def _named(changes: Sequence[BudgetChange], objective: Objective) -> str:
    unit = in_unit(objective)
    named = [
        f"{one.technique} (from {signed(one.short)} to {signed(one.long)}{unit})" for one in changes
    ]
    return listed_first(named)


def held(long: Verification) -> str:
    """List what the long runs did not vary, with how they held it; empty where they varied all."""
    parts = with_states(
        [name for name, on in long.held.items() if on],
        [name for name, on in long.held.items() if not on],
    )
    parts += [f"{name} at {level}" for name, level in long.held_at.items()]
    return listed(parts) if parts else ""


def signs_of_fast_start(found: FastStart, results: Results) -> str:
    """Say why longer runs would have other effects."""
    objective = results.objective
    signs, unit = [], in_unit(objective)
    if found.rise is not None:
        over = "epoch" if found.rise.epochs == 1 else counted(found.rise.epochs, "epoch")
        verb = "rose" if objective.maximize else "fell"
        gain = f"{found.rise.last_quarter:#.2g}".rstrip(".") + unit  # 1.0 points, not 1 points
        signs.append(f"{objective.name} {verb} {gain} in the last {over}")
    if found.moving:
        changes = [move.change for move in found.moving[:MOST_NAMED]]
        named = [f"that of {one.technique} by {with_interval(one, unit)}" for one in changes]
        begin, end = found.moving[0].begin, found.moving[0].end
        signs.append(f"from epoch {begin} to {end} effects still moved, {listed(named)}")
    said = ", and ".join(signs)
    if found.rise is not None:  # else the networks have learned what they will
        said = f"these are effects of a fast start: {said}"
    said = f"unless reports are of folds, {said}" if results.may_be_folds else said
    return f"{capitalized(said)}."


def fast_start(found: FastStart, results: Results) -> str:
    """Say that longer runs would have other effects, why, and what settles it."""
    said, plan = signs_of_fast_start(found, results), found.proposal
    if plan is None:
        return said
    time = "" if plan.seconds is None else f": about {roughly(plan.seconds)} with one worker"
    return (
        f"{said} To know what holds after {plan.epochs} epochs, run kouka launch "
        f"{quote(results.name)} --verify {plan.runs} --verify-epochs {plan.epochs}{time}."
    )
