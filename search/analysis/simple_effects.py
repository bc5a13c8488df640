"""Simple effects: a technique's effect where another one is on, or where it is off."""

from __future__ import annotations

import math
from dataclasses import dataclass

from search.analysis.effects import Effects


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
    """Ends of the 95 % interval."""
    high: float


def simple_effect(effects: Effects, technique: str, other: str, *, on: bool) -> SimpleEffect:
    """Estimate the effect of a technique where another is on, or off.

    Raises `KeyError` where the runs do not vary both.
    """
    model = effects.fit.model
    pairs = [set(group.pairs[0]) if len(group.pairs) == 1 else set() for group in model.groups]
    if not {technique, other} <= set(model.techniques):
        raise KeyError(f"{technique!r} or {other!r} does not vary in these runs")
    effect = error = math.nan
    if model.pairs and {technique, other} in pairs:
        # The effect is the mean of the two simple effects, which differ by the interaction.
        half = model.group_contrast(pairs.index({technique, other})) / 2
        contrast = model.technique_contrast(technique) + (half if on else -half)
        if model.estimable(contrast):
            effect, error = (float(value[0]) for value in effects.fit.estimate(contrast))
    margin = effects.fit.critical_value * error
    return SimpleEffect(technique, other, on, effect, effect - margin, effect + margin)
