"""Sizes of all effects and interactions beside the noise, for a Pareto chart or a half-normal plot.

If nothing mattered, the sizes in standard errors would lie where those of noise lie: at the
quantiles of the half-normal distribution (Daniel 1959, Technometrics 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

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
    expected: float
    """Quantile of the half-normal distribution at the rank of `t`."""
    clear: bool
    pair: bool
    """True of an interaction."""

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
    found: list[tuple[str, str, float, float, float, bool, bool]] = []
    for one in known:
        _, error, dof = fit.first(fit.model.technique_contrast(one.technique))
        critical = critical_value(dof, tests, effects.look.alpha(tests))
        clear = one.verdict in CERTAIN
        found.append(
            (one.technique, one.technique, one.effect, error, critical * error, clear, False)
        )
    for row in pairs:
        if row.dof:
            limit = row.threshold * row.error
            short = f"sum {row.letter} of {len(row.pairs)} pairs" if row.letter else row.name
            found.append((row.name, short, row.effect, row.error, limit, row.certain, True))
    found = [one for one in found if one[3] > 0]
    sizes = np.array([abs(effect) / error for _, _, effect, error, *_ in found])
    ranks = np.argsort(np.argsort(sizes, kind="stable"))
    expected = half_normal(len(found))
    return sorted(
        (
            ContrastSize(name, short, effect, error, limit, float(expected[rank]), clear, pair)
            for (name, short, effect, error, limit, clear, pair), rank in zip(
                found, ranks, strict=True
            )
        ),
        key=lambda one: -abs(one.effect),
    )


def half_normal(count: int) -> np.ndarray:
    """Quantiles, (count,), of the half-normal distribution at (i − ½) / count, smallest first."""
    return np.array([normal_quantile(0.5 + (at + 0.5) / (2 * count)) for at in range(count)])
