"""What two techniques do together beyond their effects, from the `measure` runs."""

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
    """How much one technique's step changes when the other is turned on: in the effects' unit.

    Where the design aliases several pairs, the sum of theirs, each with its sign.
    """

    pairs: tuple[Pair, ...]
    signs: tuple[int, ...]
    """+1 or −1 for each pair; the first is +1."""
    effect: float
    """NaN where the runs do not determine it."""
    low: float
    """Ends of the 95 % interval of this one alone."""
    high: float
    p_value: float
    """Two-sided, corrected for the false discovery rate (Benjamini & Hochberg 1995)."""

    letter: str = ""
    """A name for the group, A, B, …, where it has several pairs."""

    @property
    def name(self) -> str:
        """The pair, or the aliased sum: `a × b − c × d`."""
        both = zip(self.pairs, self.signs, strict=True)
        parts = [f"{'+' if s > 0 else '−'} {a} × {b}" for (a, b), s in both]
        return " ".join(parts).removeprefix("+ ")

    @property
    def certain(self) -> bool:
        """Whether it is told from noise at a false discovery rate of 5 %."""
        return self.p_value < 1 - CONFIDENCE


def interactions(found: Effects) -> list[Interaction]:
    """Every pair, or group of pairs that the design aliases; the smallest p-value first.

    For a pair alone this is its Shapley interaction index (Grabisch & Roubens 1999): under the
    pairwise model, the same whatever else is on. NaN in every number where the model has no room
    for pairs, or where the runs entangle a pair with others.
    """
    model = found.fit.model
    rows = []
    for at, group in enumerate(model.groups):
        effect = error = p_value = math.nan
        if model.pairs and model.estimable(contrast := model.group_contrast(at)):
            middles, errors = found.fit.estimate(contrast)
            effect, error = float(middles[0]), float(errors[0])
            if found.freedom:
                p_value = two_sided(effect / error, found.freedom) if error else float(not effect)
        half = found.fit.half * error
        rows.append(
            Interaction(group.pairs, group.signs, effect, effect - half, effect + half, p_value)
        )
    adjusted = _benjamini_hochberg([row.p_value for row in rows])
    rows = [replace(row, p_value=p) for row, p in zip(rows, adjusted, strict=True)]
    rows.sort(key=lambda row: (math.isnan(row.p_value), row.p_value, -abs(row.effect)))
    letters = (a + b for a in ("", *ascii_uppercase) for b in ascii_uppercase)
    return [replace(row, letter=next(letters)) if len(row.pairs) > 1 else row for row in rows]


def _benjamini_hochberg(p_values: list[float]) -> list[float]:
    """The p-values, each the false discovery rate at which it would still be found."""
    values = np.array(p_values)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(-values[known])]
    ranks = np.arange(len(order), 0, -1)
    adjusted = np.minimum.accumulate(values[order] * len(order) / ranks)
    values[order] = np.minimum(1, adjusted)
    return [float(value) for value in values]
