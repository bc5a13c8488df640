"""The effect that is named first, because it is the largest."""

from __future__ import annotations

import math
from dataclasses import replace

from search.analysis.after_choice import after_choice
from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.t_distribution import critical_value


def headline(effects: Effects) -> Effect:
    """Find the largest of the clear effects, or of all where none is clear.

    Its 95 % interval allows for that choice: it holds at once for all effects that may be as large,
    those whose simultaneous intervals overlap with its own (after Zrnic & Fithian 2024, Ann. Stat.
    52), and contains the interval of `after_choice` where the effect is clear. Where neither choice
    was close, it is the effect's own interval.
    """
    fit = effects.fit
    certain = [effect for effect in effects.effects if effect.verdict in CERTAIN]
    named = (certain or effects.effects)[0]
    known = [effect for effect in effects.effects if not math.isnan(effect.low)]
    if named not in known:
        return named

    def margin(effect: Effect, tests: int) -> float:
        contrast = fit.model.technique_contrast(effect.technique)
        error = float(fit.estimate(contrast)[1][0])
        return error * critical_value(fit.dof_of(contrast), tests)

    tests = len(known)
    least = abs(named.effect) - margin(named, tests)
    rivals = sum(abs(effect.effect) + margin(effect, tests) >= least for effect in known)
    wide = margin(named, rivals)
    low, high = min(named.low, named.effect - wide), max(named.high, named.effect + wide)
    if named.verdict in CERTAIN:
        contrast = fit.model.technique_contrast(named.technique)
        error, dof = float(fit.estimate(contrast)[1][0]), fit.dof_of(contrast)
        ends = after_choice(
            named.effect, error, dof, critical_value(dof, tests, effects.look.level(tests))
        )
        low, high = min(low, ends[0]), max(high, ends[1])
    return replace(named, low=low, high=high)
