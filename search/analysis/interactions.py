"""Interactions of two techniques, from the `measure` runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from string import ascii_uppercase

import numpy as np

from search.analysis.effects import Effects
from search.analysis.model import Pair
from search.analysis.t_distribution import CONFIDENCE, two_sided


@dataclass(frozen=True)
class Interaction:
    """Change of one technique's step when the other is turned on, in the effects' unit.

    Where the design aliases several pairs, the signed sum of theirs.
    """

    pairs: tuple[Pair, ...]
    signs: tuple[int, ...]
    """+1 or −1 for each pair; the first is +1."""
    effect: float
    """NaN where the runs cannot estimate it."""
    low: float
    """Ends of the 95 % interval, for this interaction alone."""
    high: float
    p_value: float
    """Two-sided, corrected for the false discovery rate (Benjamini & Hochberg 1995)."""

    letter: str = ""
    """Name of a sum of several pairs: A, B, …; else empty."""

    @property
    def name(self) -> str:
        """Name of the pair, or of the aliased sum: `a × b − c × d`."""
        both = zip(self.pairs, self.signs, strict=True)
        parts = [f"{'+' if s > 0 else '−'} {a} × {b}" for (a, b), s in both]
        return " ".join(parts).removeprefix("+ ")

    @property
    def certain(self) -> bool:
        """True where it is significant at a false discovery rate of 5 %."""
        return self.p_value < 1 - CONFIDENCE


def interactions(effects: Effects) -> list[Interaction]:
    """Estimate the interaction of every pair, or of aliased pairs; the smallest p-value first.

    Of a pair alone it is the Shapley interaction index (Grabisch & Roubens 1999): under the
    pairwise model, the same whatever else is on. Every number is NaN where the model has no pairs,
    or where the runs cannot separate a pair from others.
    """
    model = effects.fit.model
    rows = []
    for at, group in enumerate(model.groups):
        effect = error = p_value = math.nan
        if model.pairs and model.estimable(contrast := model.group_contrast(at)):
            effect, error = (float(value[0]) for value in effects.fit.estimate(contrast))
            if effects.dof:
                p_value = two_sided(effect / error, effects.dof) if error else float(not effect)
        margin = effects.fit.critical_value * error
        rows.append(
            Interaction(group.pairs, group.signs, effect, effect - margin, effect + margin, p_value)
        )
    adjusted = _benjamini_hochberg([row.p_value for row in rows])
    rows = [replace(row, p_value=p) for row, p in zip(rows, adjusted, strict=True)]
    rows.sort(key=lambda row: (math.isnan(row.p_value), row.p_value, -abs(row.effect)))
    letters = (a + b for a in ("", *ascii_uppercase) for b in ascii_uppercase)
    return [replace(row, letter=next(letters)) if len(row.pairs) > 1 else row for row in rows]


def _benjamini_hochberg(p_values: list[float]) -> list[float]:
    """Adjust p-values for the false discovery rate (Benjamini & Hochberg 1995); NaN stays."""
    values = np.array(p_values)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(-values[known])]
    ranks = np.arange(len(order), 0, -1)
    adjusted = np.minimum.accumulate(values[order] * len(order) / ranks)
    values[order] = np.minimum(1, adjusted)
    return [float(value) for value in values]
