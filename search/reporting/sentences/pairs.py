"""Sentences on pairs of techniques: interactions, and effects that depend on another technique."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.analysis.interactions import Interaction
from search.analysis.simple_effects import Dependence
from search.objective import Objective
from search.reporting.formatting import MOST_NAMED, counted, in_unit, interval, signed

_MOST_PAIRS = 3


def certain_pairs(rows: Sequence[Interaction], objective: Objective) -> str:
    """Name the largest of the certain interactions; empty where none can be estimated, or where
    planned runs are still to come."""
    known = [row for row in rows if not math.isnan(row.p_value)]
    if not known:
        return ""
    certain = sorted((row for row in known if row.certain), key=lambda row: -abs(row.effect))
    if not certain:
        return "No interaction is clear, at a false discovery rate of 5 %."
    named = [
        f"{f'the sum {row.letter}, {row.name}' if row.letter else row.name} ({interval(row)})"
        for row in certain[:MOST_NAMED]
    ]
    unit = f" in {objective.unit}" if objective.unit else ""
    which = "The largest, with" if len(certain) > MOST_NAMED else "With"
    return (
        f"{counted(len(certain), 'interaction')} {'is' if len(certain) == 1 else 'are'} clear, at "
        f"a false discovery rate of 5 %. {which} 95 % intervals{unit} that allow for this choice: "
        f"{'; '.join(named)}."
    )


def main_pairs(rows: Sequence[Dependence], objective: Objective) -> list[str]:
    """Say what techniques are worth without another one and with it: those that change sign, then
    one technique of each pair whose interaction is the largest."""
    turned = [row for row in rows if row.reverses]
    others = [row for row in rows[::2] if not row.reverses]
    pairs: dict[frozenset[str], Dependence] = {}
    for row in (*turned, *others):
        pairs.setdefault(frozenset((row.without.technique, row.without.other)), row)
    unit = in_unit(objective)
    return [
        f"{row.without.technique} is worth {signed(row.without)}{unit} "
        f"({interval(row.without)}) without {row.without.other}, and "
        f"{signed(row.with_it)} ({interval(row.with_it)}) with it."
        for row in list(pairs.values())[:_MOST_PAIRS]
    ]


def reversed_pairs(rows: Sequence[Dependence], maximize: bool) -> str:
    """Name the techniques that help with another one and hurt without it, or the other way round.

    Empty where none does.
    """
    turned = [row for row in rows if row.reverses]
    if not turned:
        return ""
    named = [
        f"{row.without.technique} {_verb(row.with_it.effect, maximize)} with {row.without.other} "
        f"and {_verb(row.without.effect, maximize)} without it"
        for row in turned[:MOST_NAMED]
    ]
    more = len(turned) - len(named)
    listing = "; ".join(named) + (f"; {more} more change sign" if more else "")
    return f"What else is on decides the sign: {listing}."


def _verb(effect: float, maximize: bool) -> str:
    return "helps" if (effect > 0) == maximize else "hurts"
