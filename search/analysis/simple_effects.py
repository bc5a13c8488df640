"""Simple effects: a technique's effect where another one is on, or where it is off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.after_choice import after_choice
from search.analysis.effects import Effects, check_effects
from search.analysis.interactions import Interaction, interactions
from search.analysis.t_distribution import CONFIDENCE, quantile
from search.errors import InputError, as_given

_RELATED = 0.4
"""Correlation with the interaction from which the choice of the pair matters to a simple effect; in
a balanced design it is 0.7. Below, the interval's coverage alone allows for it."""


@dataclass(frozen=True)
class SimpleEffect:
    """A technique's effect at one level of another, averaged over the rest (Cox 1958).

    In the effects' unit.
    """

    technique: str
    other: str
    on: bool
    """True where the other one is on."""
    effect: float
    """NaN where the runs cannot estimate it, as where they see the pair only in a sum."""
    low: float
    """Ends of the 95 % interval. Where the pair's interaction is certain, it allows for naming the
    pair for that."""
    high: float


@dataclass(frozen=True)
class Dependence:
    """A technique's effect without another one and with it, where their interaction is certain."""

    without: SimpleEffect
    with_it: SimpleEffect
    removable: bool = False
    """True where it does not reverse on a scale on which the techniques add up better: then this
    one's may be the reason (Loftus 1978, Memory & Cognition 6)."""

    @property
    def opposite(self) -> bool:
        """True where both intervals exclude zero, on opposite sides."""
        one, two = self.without, self.with_it
        return one.high < 0 < two.low or two.high < 0 < one.low

    @property
    def reverses(self) -> bool:
        """True where they are opposite, and the scale is not the reason."""
        return self.opposite and not self.removable


def simple_effect(effects: Effects, technique: str, other: str, *, on: bool) -> SimpleEffect:
    """Estimate the effect of a technique where another is on, or off.

    Raises `InputError` where they are not two techniques that the runs vary.
    """
    check_effects(effects)
    rows = interactions(effects)
    varied = sorted({name for row in rows for pair in row.pairs for name in pair})
    for name in (technique, other):
        if not isinstance(name, str) or name not in varied:
            raise InputError(
                f"{as_given(name)} is no technique that varies in these runs; those are "
                f"{', '.join(varied) or 'none'}"
            )
    for row in rows:
        if (technique, other) in row.pairs or (other, technique) in row.pairs:
            return _estimate(effects, row, technique, other, on=on)
    raise InputError(
        f"{technique!r} and {other!r} are no two techniques; it takes a technique and another"
    )


def dependences(
    effects: Effects, rows: Sequence[Interaction], scaled: Effects | None = None
) -> list[Dependence]:
    """Estimate both simple effects of both techniques of each pair whose interaction is certain.

    `rows` are the interactions, and `scaled` the effects on a scale on which the techniques add up
    better, if there is one. The largest interaction comes first.
    """
    there = [] if scaled is None else dependences(scaled, interactions(scaled))
    reversing = {_names(one) for one in there if one.reverses}
    certain = [row for row in rows if row.certain and len(row.pairs) == 1]
    found = []
    for row in sorted(certain, key=lambda row: -abs(row.effect)):
        for names in (row.pairs[0], row.pairs[0][::-1]):
            without, with_it = (_estimate(effects, row, *names, on=on) for on in (False, True))
            removable = scaled is not None and names not in reversing
            found.append(Dependence(without, with_it, removable))
    return found


def _names(one: Dependence) -> tuple[str, str]:
    return one.without.technique, one.without.other


def _estimate(
    effects: Effects, pair: Interaction, technique: str, other: str, *, on: bool
) -> SimpleEffect:
    fit, model = effects.fit, effects.fit.model
    unknown = SimpleEffect(technique, other, on, math.nan, math.nan, math.nan)
    if len(pair.pairs) > 1 or math.isnan(pair.effect):
        return unknown
    # The effect is the mean of the two simple effects, which differ by the interaction.
    interaction = model.group_contrast([group.pairs for group in model.groups].index(pair.pairs))
    contrast = model.technique_contrast(technique) + (interaction if on else -interaction) / 2
    if not model.estimable(contrast):
        return unknown
    effect, error, dof = fit.first(contrast)
    coverage = pair.level if pair.certain else CONFIDENCE
    margin = quantile(dof, (1 + coverage) / 2) * error
    low, high = effect - margin, effect + margin
    shared = float(fit.covariance(np.array([contrast, interaction]))[0, 1])
    if pair.certain and abs(shared) > _RELATED * error * pair.error:
        # The interaction is so many times the simple effect, and a part independent of it.
        slope = shared / error**2
        threshold = pair.threshold * pair.error / (abs(slope) * error)
        ends = after_choice(effect, error, dof, threshold, pair.effect / slope - effect)
        low, high = min(low, ends[0]), max(high, ends[1])
    return SimpleEffect(technique, other, on, effect, low, high)
