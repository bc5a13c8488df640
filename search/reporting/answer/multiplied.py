"""What the techniques multiply the objective by, where they add up better on its logarithm."""

from __future__ import annotations

import math

from search.analysis.effects import CERTAIN
from search.analysis.estimate import Estimate
from search.reporting.findings import Findings
from search.reporting.formatting import listed_first, multiple


def factors(findings: Findings) -> list[str]:
    """Say what techniques multiply the objective by, where they add up better on its logarithm."""
    refit = findings.refit
    if refit is None or refit.scale != "logarithm":
        return []
    clear = [one for one in refit.effects.effects if one.verdict in CERTAIN]
    if not clear:
        return []
    parts = []
    for one in clear:
        by = Estimate(*(math.exp(value) for value in (one.effect, one.low, one.high)))
        verb = " multiplies it" if one is clear[0] else ""
        parts.append(f"{one.phrase}{verb} by {multiple(by)}")
    vanish = (
        " What is multiplied seems to interact: on the logarithm no interaction is clear."
        if refit.interactions_vanish
        else ""
    )
    told = findings.deciding_effects
    alone = [
        one.phrase
        for one in clear
        if told is not None and told.of(one.technique).verdict not in CERTAIN
    ]
    doubt = f" If they only add to it, {listed_first(alone)} may do nothing." if alone else ""
    return [
        f"The techniques multiply {findings.results.objective.measure} rather than add to it, as "
        f"they add up better on its logarithm: {listed_first(parts)}.{doubt}{vanish}"
    ]
