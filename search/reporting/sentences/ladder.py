"""Sentences on a study's ladder: its name, what it does, and where effects disagree with it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.analysis.ladder import Comparison, LadderStep
from search.reporting.formatting import listed, signed
from search.results import Results

_ABOUT_LADDER = (
    "adds {things} one after another. A step holds for that order only: what is on already makes "
    "it larger or smaller."
)


def ladder_name(results: Results) -> str:
    """Name the ladder of a study, at the beginning of a sentence."""
    return "The article's ladder" if results.articles_ladder else "The ladder"


def about_ladder(results: Results) -> str:
    """Say what a ladder does, and for what its steps hold."""
    things = "the techniques" if results.program is None else "factors"
    return f"{ladder_name(results)} {_ABOUT_LADDER.format(things=things)}"


def ladder_verdict(steps: Sequence[LadderStep], comparisons: Sequence[Comparison]) -> str:
    """Say where the ladder and the order-free effects disagree; empty where neither is known."""
    if len(steps) > 1 and not steps[-1].dof:
        return (
            "Each step was run once, so no change can be told from a change of seed. --ladder 3 "
            "runs each step three times."
        )
    if not comparisons:
        return ""
    if all(math.isnan(row.p_value) for row in comparisons):
        return "No step can be compared with the effects: that takes intervals of both."
    apart = [row for row in comparisons if row.disagree]
    if not apart:
        none = (
            f"The step {comparisons[0].step.adds} does not differ"
            if len(comparisons) == 1
            else f"None of the {len(comparisons)} steps differs"
        )
        return f"{none} from its order-free effect by more than a change of seed."
    named = [
        f"{row.step.adds} ({signed(row.step)} as a step, {signed(row)} as its order-free effect)"
        for row in apart
    ]
    return (
        f"Step and effect disagree, by more than a change of seed, for {listed(named)}: what was "
        "on already changed what the step added."
    )
