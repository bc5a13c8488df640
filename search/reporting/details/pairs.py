"""Pairs of techniques: interactions, and effects that depend on another technique."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.analysis.simple_effects import Dependence
from search.objective import Objective
from search.reporting.details.effects import in_short_runs
from search.reporting.findings import Findings
from search.reporting.formatting import listed, listed_first
from search.reporting.section import Section
from search.reporting.sentences.pairs import certain_pairs, reversed_pairs
from search.reporting.tables import dependences_table, interactions_table

MOST_PAIRS = 12
"""Interactions in the report's table; the rest are in the figure and in interactions.csv."""


def interactions(findings: Findings) -> Section | None:
    """Draw and tabulate the interactions."""
    known = [row for row in findings.interactions if not math.isnan(row.effect)]
    if not known:
        return None
    text = [
        "An interaction is the change of one technique's effect when the other is turned on. Below "
        "zero, the two take from each other.",
        certain_pairs(known, findings.results.objective),
    ]
    if any(row.certain and row.low < 0 < row.high for row in known):
        text.append(
            "Where the interval of a clear one includes zero, the two interact, but it is not "
            "settled which way."
        )
    alike: dict[tuple[str, ...], list[str]] = {}
    for row in findings.interactions:
        if row.triple:
            alike.setdefault(row.triple, []).append(row.name)
    for triple, names in alike.items():
        one = len(names) == 1
        text.append(
            f"{listed(names)} look{'s' * one} the same in these runs as {listed(triple)} acting "
            f"together. As each two of these interact, {'it gets' if one else 'they get'} no "
            "number."
        )
    unknown = sum(math.isnan(row.effect) and not row.triple for row in findings.interactions)
    if unknown:
        text.append(f"{unknown} cannot be told from the others with these runs.")
    if any(len(row.pairs) > 1 for row in known):
        text.append(
            "Several pairs are seen only as their sum. A letter marks the pairs of one sum; any of "
            "them may be behind it."
        )
    if findings.effects is not None and findings.effects.levels and not findings.by_level:
        several = listed(list(findings.effects.fit.model.covariates.levelled))
        text.append(f"Those with {several} are not estimated.")
    more = len(known) - MOST_PAIRS
    return Section(
        f"Interactions of two techniques{in_short_runs(findings)}",
        " ".join(text),
        "interactions",
        interactions_table(known[:MOST_PAIRS]),
        (f"{more} more {'is' if more == 1 else 'are'} in interactions.csv.",) if more > 0 else (),
    )


def dependences(findings: Findings) -> Section | None:
    """Tabulate what techniques are worth without another one and with it."""
    rows = findings.dependences
    if not rows:
        return None
    more = (len(rows) - MOST_PAIRS) // 2
    return Section(
        "Techniques that depend on another",
        "For each pair whose interaction is clear: what either technique is worth without the "
        "other and with it, averaged over the rest. "
        + (
            reversed_pairs(rows, findings.results.objective.maximize)
            or "None of them clearly helps with the other and hurts without it, or the other way "
            "round."
        ),
        table=dependences_table(rows[:MOST_PAIRS]),
        remarks=(
            *_by_scale_alone(rows, findings.results.objective),
            *((f"{more} more pair{'s' * (more > 1)} {'is' if more == 1 else 'are'} in "
               "simple_effects.csv.",) if more > 0 else ()),
        ),
    )  # fmt: skip


def _by_scale_alone(rows: Sequence[Dependence], objective: Objective) -> list[str]:
    """Name those whose effects are on opposite sides of zero in the objective's unit alone."""
    names = [f"{row.without.technique} with {row.without.other}" for row in rows
             if row.opposite and row.removable]  # fmt: skip
    if not names:
        return []
    scale = "logit" if objective.share else "logarithm"
    return [
        f"On the {scale} of {objective.measure}, on which these techniques add up better, "
        f"{listed_first(names)} {'has' if len(names) == 1 else 'have'} no clear "
        "change of sign, so the scale may be the reason for it here."
    ]
