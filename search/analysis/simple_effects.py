"""What a technique does where another one is on, and where it is off: simple effects."""

from __future__ import annotations

import math
from dataclasses import dataclass

from search.analysis.effects import Effects


@dataclass(frozen=True)
class SimpleEffect:
    """A technique's effect at one level of another, on average over the rest, in the effects' unit.

    The term is that of the analysis of factorial experiments (Cox 1958, Planning of Experiments).
    """

    technique: str
    other: str
    on: bool
    """Whether the other one is on."""
    effect: float
    """NaN where the runs do not determine it, as where they see the pair in a sum alone."""
    low: float
    """Ends of the 95 % interval."""
    high: float


def simple_effect(found: Effects, technique: str, other: str, *, on: bool) -> SimpleEffect:
    """The effect of a technique where another is on, or off.

    Raises `KeyError` where the runs do not vary both.
    """
    model = found.fit.model
    pairs = [set(group.pairs[0]) if len(group.pairs) == 1 else set() for group in model.groups]
    if not {technique, other} <= set(model.techniques):
        raise KeyError(f"{technique!r} or {other!r} does not vary in these runs")
    effect = error = math.nan
    if model.pairs and {technique, other} in pairs:
        # Half the interaction is what the other's being on adds to the mean step, or takes off it.
        half = model.group_contrast(pairs.index({technique, other})) / 2
        contrast = model.technique_contrast(technique) + (half if on else -half)
        if model.estimable(contrast):
            effect, error = (float(value[0]) for value in found.fit.estimate(contrast))
    bound = found.fit.half * error
    return SimpleEffect(technique, other, on, effect, effect - bound, effect + bound)
