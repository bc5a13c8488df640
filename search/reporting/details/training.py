"""The training: effects by epoch, costs, dials, learning curves, and every run."""

from __future__ import annotations

import math

from search.analysis.dials import DialTrend
from search.analysis.epochs import EpochEffects
from search.objective import Objective
from search.reporting.findings import Findings
from search.reporting.formatting import capitalized, counted
from search.reporting.section import Section
from search.reporting.tables import costs_table, epochs_table


def epochs(findings: Findings) -> Section | None:
    """Draw and tabulate the effects after each epoch."""
    if not findings.by_epoch:
        return None
    longer = findings.verification.by_epoch if findings.verification else ()
    both = " Blue are the short runs, orange the long ones; the table is of the long ones."
    rows = longer or findings.by_epoch
    return Section(
        "From which epoch each effect is clear",
        "The effect after each epoch, with a band of 95 % intervals."
        + (both if longer else "")
        + " A dot marks the epoch from which the interval excludes zero to the end, where the "
        "effect after the last epoch is clear by the test that verdicts go by.",
        "epochs",
        epochs_table(rows),
        tuple(sign_turn(row) for row in rows if row.turn is not None),
    )


def costs(findings: Findings) -> Section | None:
    """Draw and tabulate what each technique costs."""
    if not findings.costs:
        return None
    unit = findings.results.objective.unit or "effect"
    parameters = " and in the network's parameters" if findings.results.program is None else ""
    return Section(
        "What each technique costs",
        f"The increase in {findings.results.timed_by}'s time{parameters} when the technique is "
        "turned on, averaged over what else is on. Seconds hold for the machine that ran the "
        f"study, and for its load. {capitalized(unit)} per second are given where the "
        "technique certainly takes time.",
        "costs",
        costs_table(findings),
    )


def dials(findings: Findings) -> Section | None:
    """Draw the objective against each dial."""
    if not findings.dials:
        return None
    objective = findings.results.objective
    return Section(
        "Dials",
        "The values that the search chose for the dials of techniques that were on. The sampler "
        "chose each along with all the others, so a trend is a hint and not an effect.",
        "dials",
        remarks=tuple(f"{dial_trend(trend, objective)}." for trend in findings.dials),
    )


def curves(findings: Findings) -> Section | None:
    """Draw the learning curves with each technique on and off."""
    if not findings.curves:
        return None
    name = findings.results.objective.name
    return Section(
        "Learning curves",
        f"{capitalized(name)} by epoch: the mean over the measured runs with the "
        "technique on, and over those with it off.",
        "curves",
    )


def history(findings: Findings) -> Section | None:
    """Draw all runs in their order."""
    if not any(run.state == "complete" for run in findings.results.runs):
        return None
    return Section("Every run", "All runs by phase, in the order in which they ran.", "history")


def sign_turn(row: EpochEffects) -> str:
    """Say at which epoch a technique's effect turns its sign; empty where it does not."""
    if row.turn is None:
        return ""
    side = "above" if row.effect[-1] > 0 else "below"
    return (
        f"{row.technique} turns its sign: its effect is {side} zero from epoch {row.turn.epoch} on "
        f"(95 %: {row.turn.low} to {row.turn.high})."
    )


def dial_trend(trend: DialTrend, objective: Objective) -> str:
    """Describe the correlation of a dial with the objective."""
    whole = sum(not run.pruned for run in trend.runs)
    head = f"{trend.dial.name}: {counted(whole, 'run')}"
    if math.isnan(trend.correlation):
        return f"{head}, too few for a trend"
    bounds = "" if math.isnan(trend.low) else f" (95 %: {trend.low:+.2f} to {trend.high:+.2f})"
    return f"{head}, rank correlation with {objective.measure} {trend.correlation:+.2f}{bounds}"
