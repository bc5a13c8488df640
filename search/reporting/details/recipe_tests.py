"""The recommended recipe by class and by epoch: sections, and their figures."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from search.analysis.estimate import Estimate
from search.analysis.recipe_tests import ClassResult, RecipeTests
from search.reporting.figures import confusion, seed_curves
from search.reporting.findings import Findings
from search.reporting.formatting import UNKNOWN, axis, capitalized, counted, short_percent
from search.reporting.section import Section, Table
from search.reporting.sentences.budget import describe_budget

_MOST_ROWS = 20
"""Classes in the report's table; of more, those of the lowest accuracy."""


def by_class(findings: Findings) -> Section | None:
    """Tabulate the recommended recipe's test results by class; None where they were not kept."""
    if findings.tested is None:
        return None
    return by_class_of(findings.tested, findings.results.things, "the recommended recipe")


def figures(findings: Findings) -> dict[str, go.Figure]:
    """Draw the figures of these sections, by name."""
    drawn: dict[str, go.Figure] = {}
    results, curves = findings.results, findings.seed_curves
    budget = describe_budget(results)
    if findings.tested is not None:
        drawn |= test_figures(findings.tested, results.things, budget)
    if curves is not None:
        drawn["seed_curves"] = seed_curves.figure(
            curves,
            axis(results.objective.measure, results.objective),
            f"{counted(curves.runs, 'seed')} of the recommended recipe; {budget}",
        )
    return drawn


def test_figures(tested: RecipeTests, things: str, budget: str) -> dict[str, go.Figure]:
    """Draw the confusion matrix, unless no test image is wrong or there are too many classes."""
    if not tested.hardest or len(tested.classes) > confusion.MOST_CLASSES:
        return {}
    images = sum(one.images for one in tested.by_class)
    of = f"{images:,} test {things}"
    if tested.runs > 1:
        of += f", each named by the networks of {tested.runs} seeds"
    return {"confusion": confusion.figure(tested, f"{of}; {budget}")}


def by_class_of(tested: RecipeTests, things: str, whose: str) -> Section:
    """Tabulate tests by class; `whose` names the recipe or the network that was tested."""
    if not tested.hardest:
        text = f"No test {things.removesuffix('s')} was named wrong by {whose}."
        return Section(f"Test {things} by class", text)
    known = [one for one in tested.by_class if one.images]
    ordered = sorted(known, key=lambda one: one.accuracy)
    worst, best = ordered[0], ordered[-1]
    said = [f"{capitalized(whose)} names {worst.name} worst, {_percent(worst)} right"]
    said[0] += f", and {best.name} best, {_percent(best)}." if best is not worst else "."
    often = max(known, key=lambda one: one.taken_share)
    said.append(
        f"Most often, {often.name} is taken for {often.taken_for}: {often.taken_share:.1f} % of "
        f"its {things}."
    )
    seeds = f"seeds and other {things}" if tested.runs > 1 else f"{things} and not for other seeds"
    remarks = [
        f"An interval holds for other {seeds}, and for its class alone: the lowest of many classes "
        "is partly the lowest by chance."
    ]
    if len(known) > _MOST_ROWS:
        remarks.append(f"{len(known) - _MOST_ROWS} classes of higher accuracy are in classes.csv.")
    if len(tested.classes) > confusion.MOST_CLASSES:
        remarks.append("The confusion matrix, too large to draw, is in confusion.csv.")
    rows = ordered[:_MOST_ROWS] if len(known) > _MOST_ROWS else known
    return Section(
        f"Test {things} by class",
        " ".join(said),
        "confusion",
        _table(rows, things),
        tuple(remarks),
    )


def _table(rows: list[ClassResult], things: str) -> Table:
    return Table(
        ("class", f"test {things}", "accuracy, % (95 %)", "most often taken for"),
        tuple((one.name, f"{one.images:,}", _percent(one, sign=""), _taken(one)) for one in rows),
        (1, 2),
    )


def _percent(one: ClassResult, sign: str = " %") -> str:
    if math.isnan(one.accuracy):
        return UNKNOWN
    text = short_percent(Estimate(one.accuracy, one.low, one.high))
    return text.replace(" (", f"{sign} (", 1) if "(" in text else f"{text}{sign}"


def _taken(one: ClassResult) -> str:
    return "" if one.taken_for is None else f"{one.taken_for} ({one.taken_share:.1f} %)"


def learning(findings: Findings) -> Section | None:
    """Show the learning curves of the recommended recipe; None where it has no `confirm` run."""
    things, curves = findings.results.things, findings.seed_curves
    if curves is None:
        return None
    on = "" if findings.results.program else f" on the validation {things}"
    said = [
        f"The {findings.results.objective.measure}{on} after each epoch, as the mean over the "
        "seeds."
    ]
    if curves.runs > 1:
        said.append("A band reaches from the lowest seed to the highest.")
    if curves.training is not None:
        said.append(
            f"The training curve is of a sample of the training {things}, neither augmented nor "
            "mixed. Where it alone rises on, the networks learn by heart."
        )
    return Section("How the recommended recipe learns", " ".join(said), "seed_curves")
