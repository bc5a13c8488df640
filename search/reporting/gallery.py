"""All figures of a study by name, each with its runs and their budget as a caption."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from search.analysis.importances import Importance
from search.reporting.details import recipe_tests
from search.reporting.details.effects import add_up, in_short_runs
from search.reporting.figures import (
    aliases,
    costs,
    curves,
    dials,
    effects,
    epochs,
    fitted_runs,
    half_normal,
    history,
    importances,
    interactions,
    level_means,
    number_curves,
    pareto,
    trade_offs,
    waterfall,
)
from search.reporting.figures.style import extend_title
from search.reporting.findings import Findings, Verification, check_findings
from search.reporting.formatting import axis, counted, effect_unit, if_less, outcome_unit
from search.reporting.sentences.budget import describe_budget


def draw(findings: Findings) -> dict[str, go.Figure]:
    """Draw the figures that there are numbers for, in the order of the report."""
    check_findings(findings)
    results, fitted = findings.results, findings.effects
    of = results.objective
    unit, outcome_axis = effect_unit(of), axis(of.name, of)
    effect_axis = f"{unit}{if_less(of)}"
    budget = describe_budget(results)
    measured = f"{counted(len(results.of('measure')), 'measured run')}; {budget}"
    long = findings.verification
    drawn: dict[str, go.Figure] = {}
    if fitted is not None:
        drawn["effects"] = effects.figure(fitted, effect_axis, measured)
    if fitted is not None and add_up(fitted):
        drawn["waterfall"] = waterfall.figure(
            fitted,
            results.factors,
            findings.ladder,
            outcome_axis,
            _waterfall_caption(findings, measured),
            findings.levels,
            unit,
            maximize=of.maximize,
        )
    if not all(math.isnan(row.effect) for row in findings.interactions):
        drawn["interactions"] = interactions.figure(
            findings.interactions, fitted.fit.model.techniques if fitted else (), of.unit, measured
        )
    drawn |= _of_the_fit(findings, measured)
    for figure in drawn.values():
        extend_title(figure, in_short_runs(findings))
    if long is not None:
        drawn = {
            "verified": effects.figure(long.effects, effect_axis, _verified_caption(long)),
            **drawn,
        }
    if findings.by_epoch:
        caption = measured if long is None else f"{measured}; {_verified_caption(long)}"
        longer = () if long is None else long.by_epoch
        drawn["epochs"] = epochs.figure(findings.by_epoch, of.unit, caption, longer)
    if fitted is not None and not all(math.isnan(row.seconds.value) for row in findings.costs):
        drawn["costs"] = costs.figure(
            findings.costs, fitted, unit, measured, results.timed_by, maximize=of.maximize
        )
    if findings.trade_offs is not None:
        drawn["trade_offs"] = trade_offs.figure(
            findings.trade_offs, results, outcome_axis, _trade_offs_caption(findings)
        )
    if findings.numbers:
        drawn["numbers"] = number_curves.figure(findings.numbers, unit, measured)
    if findings.dials:
        searched = sum(run.phase == "search" and run.ended for run in results.runs)
        drawn["dials"] = dials.figure(
            findings.dials, outcome_axis, f"{counted(searched, 'searched run')}; {budget}"
        )
    if findings.curves:
        drawn["curves"] = curves.figure(
            findings.curves, outcome_unit(of) or of.name, f"mean over {measured}"
        )
    complete = sum(run.state == "complete" for run in results.runs)
    everything = f"{counted(complete, 'complete run')} of all phases; {budget}"
    if complete:
        drawn["history"] = history.figure(results, outcome_axis, everything)
    drawn |= recipe_tests.figures(findings)
    if findings.importances:
        drawn["importances"] = importances.figure(
            findings.importances, f"{everything}{_drawn(findings.importances)}"
        )
    return drawn


def _of_the_fit(findings: Findings, measured: str) -> dict[str, go.Figure]:
    results, review = findings.results, findings.review
    if review is None:
        return {}
    of = results.objective
    unit = of.unit or of.name
    short = "%" if of.share else unit
    drawn: dict[str, go.Figure] = {}
    if review.contrasts:
        drawn["pareto"] = pareto.figure(review.contrasts, unit, measured, maximize=of.maximize)
        drawn["half_normal"] = half_normal.figure(review.contrasts, measured)
    if review.mains:
        drawn["main_effects"] = level_means.main_effects(review.mains, short, measured)
    if review.pairs:
        drawn["interaction_plots"] = level_means.interaction_plots(review.pairs, short, measured)
    if review.runs is not None:
        drawn["fitted"] = fitted_runs.figure(review.runs, results, short, measured)
    if review.aliases is not None and len(review.aliases.terms) <= aliases.MOST:
        drawn["aliases"] = aliases.figure(review.aliases, measured)
    return drawn


def _trade_offs_caption(findings: Findings) -> str:
    long = findings.verification
    results = findings.results if long is None else long.results
    trained = findings.trade_offs.trained if findings.trade_offs else ()
    runs = counted(sum(one.runs for one in trained), "run")
    return f"{runs} of {counted(len(trained), 'recipe')}; {describe_budget(results)}"


def _drawn(rows: Sequence[Importance]) -> str:
    """Continue a caption: the importances that are of some trials only."""
    of = {row.evaluator: row.drawn for row in rows if row.drawn is not None}
    return "".join(f"; {name} of {count:,} drawn at random" for name, count in of.items())


def _verified_caption(long: Verification) -> str:
    runs = len(long.results.of("measure"))
    return f"{counted(runs, 'long run')}; {describe_budget(long.results)}"


def _waterfall_caption(findings: Findings, measured: str) -> str:
    steps = findings.ladder
    ladder = f"; ladder: {counted(steps[0].runs, 'seed')} a step" if steps else ""
    fitted = findings.effects
    beside = fitted is not None and fitted.adjusted
    others = "; other parameters at their mean" if beside else ""
    return f"95 % intervals; {measured}{ladder}{others}"
