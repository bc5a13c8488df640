"""The effect that is named first, because it is the largest."""

from __future__ import annotations

import math
from dataclasses import replace

from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.t_distribution import critical_value


def headline(effects: Effects) -> Effect:
    """Find the largest of the clear effects, or of all where none is clear.

    Its 95 % interval allows for the choice of the largest: it holds at once for all effects that
    may be as large, as their difference to it is within its own 95 % interval (the idea of Zrnic &
    Fithian 2024, Ann. Stat. 52). Where there is no other, it is the effect's own interval.
    """
    certain = [effect for effect in effects.effects if effect.verdict in CERTAIN]
    named = (certain or effects.effects)[0]
    known = [effect for effect in effects.effects if not math.isnan(effect.low)]
    rivals = sum(
        abs(named.effect) - abs(effect.effect) <= math.hypot(_margin(named), _margin(effect))
        for effect in known
    )
    if rivals < 2:
        return named
    fit = effects.fit
    dof = fit.dof_of(fit.model.technique_contrast(named.technique))
    wider = critical_value(dof, rivals) / critical_value(dof, 1)
    low, high = (named.effect + wider * (end - named.effect) for end in (named.low, named.high))
    if named.verdict in CERTAIN:  # The sign holds for all effects at once, on any scale.
        low = max(low, 0.0) if named.low > 0 else low
        high = min(high, 0.0) if named.high < 0 else high
    return replace(named, low=low, high=high)


def _margin(effect: Effect) -> float:
    return (effect.high - effect.low) / 2
