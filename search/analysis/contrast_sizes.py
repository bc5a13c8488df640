"""Sizes of all effects and interactions beside the noise, for a Pareto chart or a half-normal plot.

If nothing mattered, the sizes in standard errors would lie where those of noise lie: at the
quantiles of the half-normal distribution (Daniel 1959, Technometrics 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.distributions import normal_quantile
from search.analysis.effects import CERTAIN, Effects
from search.analysis.interactions import Interaction
from search.analysis.t_distribution import critical_value


@dataclass(frozen=True)
class ContrastSize:
    """An effect or an interaction beside what noise alone could be."""

    name: str
    short: str
    """The same, but of a sum of pairs only its letter."""
    effect: float
    """In the effects' unit, with its sign."""
    error: float
    """Standard error of the effect."""
    limit: float
    """The size from which the verdict is clear, in the effects' unit."""
    clear: bool
    pair: bool
    """True of an interaction."""
    expected: float = math.nan
    """Quantile of the half-normal distribution at the rank of `t`."""

    @property
    def t(self) -> float:
        """Size in standard errors."""
        return abs(self.effect) / self.error


def contrast_sizes(effects: Effects, pairs: Sequence[Interaction]) -> list[ContrastSize]:
    """Compare each effect and each estimable interaction with its limit, largest effect first.

    The limits are those of the verdicts, which hold for all techniques at a time and allow for the
    looks at the study, and those of `interactions`. Empty where the noise is not known or zero, and
    while planned runs are still to come.
    """
    fit, known = effects.fit, [one for one in effects.effects if not math.isnan(one.effect)]
    if not effects.noise > 0 or not effects.look.complete or not known:
        return []
    tests = len(known)
    found = []
    for one in known:
        _, error, dof = fit.first(fit.model.technique_contrast(one.technique))
        limit = critical_value(dof, tests, effects.look.alpha(tests)) * error
        name, clear = one.technique, one.verdict in CERTAIN
        # The verdict may be of two scales, and the limit is of one.
        limit = min(limit, abs(one.effect)) if clear else max(limit, abs(one.effect))
        found.append(ContrastSize(name, name, one.effect, error, limit, clear, pair=False))
    for row in pairs:
        if row.dof:
            limit = row.threshold * row.error
            short = f"sum {row.letter} of {len(row.pairs)} pairs" if row.letter else row.name
            found.append(
                ContrastSize(row.name, short, row.effect, row.error, limit, row.certain, pair=True)
            )
    by_size = sorted((one for one in found if one.error > 0), key=lambda one: one.t)
    expected = half_normal(len(by_size)).tolist()
    sizes = (replace(one, expected=at) for one, at in zip(by_size, expected, strict=True))
    return sorted(sizes, key=lambda one: -abs(one.effect))


def half_normal(count: int) -> np.ndarray:
    """Quantiles, (count,), of the half-normal distribution at (i − ½) / count, smallest first."""
    return np.array([normal_quantile(0.5 + (at + 0.5) / (2 * count)) for at in range(count)])
