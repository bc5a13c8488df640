"""Every figure of a study, by name, each with what was run at what budget."""

from __future__ import annotations

import plotly.graph_objects as go

from search.reporting import words
from search.reporting.figures import (
    costs,
    curves,
    dials,
    effects,
    epochs,
    history,
    importances,
    interactions,
    waterfall,
)
from search.reporting.findings import Findings


def draw(findings: Findings) -> dict[str, go.Figure]:
    """The figures that there are numbers for, in the order of the report."""
    results, found = findings.results, findings.effects
    of = results.objective
    unit, level = words.worth(of), words.scale(of.name, of)
    budget = words.budget(results)
    measured = f"{len(results.of('measure'))} measured runs; {budget}"
    drawn: dict[str, go.Figure] = {}
    if found is not None:
        drawn["effects"] = effects.figure(found, unit, measured)
        drawn["waterfall"] = waterfall.figure(
            found, results.factors, findings.ladder, level, _waterfall_caption(findings, measured)
        )
    if any(row.effect == row.effect for row in findings.interactions):
        drawn["interactions"] = interactions.figure(
            findings.interactions, found.fit.model.techniques if found else (), of.unit, measured
        )
    if findings.by_epoch:
        drawn["epochs"] = epochs.figure(findings.by_epoch, of.unit, measured)
    if found is not None and any(row.seconds.value == row.seconds.value for row in findings.costs):
        drawn["costs"] = costs.figure(findings.costs, found, unit, measured)
    if findings.dials:
        searched = sum(run.phase == "search" and run.ended for run in results.runs)
        drawn["dials"] = dials.figure(findings.dials, level, f"{searched} searched runs; {budget}")
    if findings.curves:
        drawn["curves"] = curves.figure(
            findings.curves, "%" if of.share else of.unit or of.name, f"mean over {measured}"
        )
    complete = sum(run.state == "complete" for run in results.runs)
    everything = f"{complete} complete runs of all phases; {budget}"
    if complete:
        drawn["history"] = history.figure(results, level, everything)
    if findings.importances:
        drawn["importances"] = importances.figure(findings.importances, everything)
    return drawn


def _waterfall_caption(findings: Findings, measured: str) -> str:
    steps = findings.ladder
    ladder = f"; ladder: {steps[0].runs} seeds a step" if steps else ""
    return f"95 % intervals; {measured}{ladder}"
