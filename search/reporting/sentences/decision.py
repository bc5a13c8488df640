"""Sentences on the recommended recipe: its techniques, what it reaches, and its gain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from search.analysis.decision import Decision
from search.analysis.estimate import Estimate
from search.objective import UNNAMED, Objective
from search.reporting.findings import Findings
from search.reporting.formatting import beside, if_less, mean, outcome
from search.reporting.sentences import dials, numbers, recipes
from search.results import Results, Run

_LONG_RECIPE = 130
"""Characters of a recipe that is given in full where there is room for a few lines."""


def recipe_of(findings: Findings, *, briefly: bool = False) -> str:
    """List the techniques of the recommended recipe; `briefly` leaves out dials, then names."""
    found = findings.recommended
    if found is None:
        return "no technique"
    recipe = recipes.in_words(found, findings.results)
    if found.best_numbers:
        recipe += f", {numbers.in_words(found.best_numbers)}"
    return _shortened(recipe) if briefly else recipe


def _shortened(recipe: str) -> str:
    if len(recipe) <= _LONG_RECIPE:
        return recipe
    names = re.sub(r" \([^)]*\)", "", recipe).split(", ")
    shown = names
    while len(", ".join(shown)) > _LONG_RECIPE and len(shown) > 1:
        shown = shown[:-1]
    more = len(names) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more' if more else ''}"


def value_of(run: Run, objective: Objective) -> str:
    """Give a run's value, with the name of what it is where it has one."""
    name = "" if objective.name == UNNAMED else f" {objective.name}"
    return f"{outcome(run.scaled, objective)}{name}"


def _named(decision: Decision, results: Results) -> str:
    if decision.tested is not None:
        return results.tested_by
    objective = results.objective
    return f"predicted {objective.name.removeprefix('the ')}{if_less(objective)}"


def reaching(decision: Decision, results: Results) -> str:
    """Say what the recommended recipe reaches, and how far that is above all off."""
    objective = results.objective
    over = gain_over(decision.gain, objective, off_in_words(decision, results))
    return f"{_named(decision, results)} {estimate_in_words(decision.reached, objective)}{over}"


def estimate_in_words(value: Estimate, objective: Objective) -> str:
    """Format a mean with the words for its interval."""
    said = mean(value, objective)
    return said.replace("(", "(95 % interval ", 1)


def off_in_words(decision: Decision, results: Results) -> str:
    """Name all off, with its dials where it is predicted beside others than the usual ones, or was
    tested beside others than the recommended recipe's."""
    reach, tested, off = decision.recommended.reach, decision.tested, decision.all_off_tested
    values: Mapping[str, Any] = {}
    if tested is None:
        values = reach.beside if reach is not None else {}
    elif off is not None:
        values = dials.turned(off.params, tested.params, results)
    said = f" with {dials.in_words(values)}" if values else ""
    if tested is None and reach is not None and reach.off_numbers:
        said = f" with {numbers.in_words(reach.off_numbers)}"
    return recipes.plain(results) + said


def off_of(findings: Findings) -> str:
    """Name all off as a study's decision does; empty where there is none."""
    made = findings.decision
    return off_in_words(made, findings.results) if made else ""


def gain_over(gain: Estimate | None, of: Objective, off: str) -> str:
    """Say how far that is above all off, which is named; empty where nobody knows."""
    return "" if gain is None else f", {beside(gain, of.unit, off)}"
