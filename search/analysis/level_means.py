"""Means of the objective with a technique on and off, and with two of them on and off.

They are least-squares means: of the fit, with all else half on and half off. In a balanced design
they are the means of the runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from search.analysis.contexts import context_of
from search.analysis.effects import Effects
from search.analysis.interactions import Interaction

Misfit = Literal["failing", "saturated", "unseen"]
"""'failing': some recipes fail together, which the fit spreads over their techniques. 'saturated':
the runs are as few as the terms of the fit, which goes through all of them. 'unseen': their recipes
are so few that any interaction is part of the effects; see `contexts`."""


@dataclass(frozen=True)
class LevelMean:
    """The mean with some techniques on or off, in percent or in the objective's unit."""

    on: tuple[bool, ...]
    """A side for each technique that it is a mean at."""
    mean: float
    low: float
    """Ends of its 95 % interval; NaN where the noise cannot be estimated."""
    high: float


@dataclass(frozen=True)
class LevelMeans:
    """The means of one technique, off and on, or the four of two."""

    techniques: tuple[str, ...]
    means: tuple[LevelMean, ...]


def misfit(effects: Effects) -> Misfit | None:
    """Find the reason why levels that the fit predicts are not to be shown; None without one."""
    if effects.fit.failing is not None:
        return "failing"
    if effects.fit.dof_from_residuals <= 0:
        return "saturated"
    return "unseen" if context_of(effects.fit.model) else None


def main_means(effects: Effects) -> list[LevelMeans]:
    """Estimate each technique's two means, largest effect first."""
    names = [one.technique for one in effects.effects if one.level is None]
    found = [_means(effects, (name,)) for name in names if name in effects.fit.model.techniques]
    return [one for one in found if one is not None]


def pair_means(effects: Effects, pairs: Sequence[Interaction]) -> list[LevelMeans]:
    """Estimate the four means of each pair whose interaction is certain, largest first."""
    certain = [row for row in pairs if row.certain and len(row.pairs) == 1]
    certain.sort(key=lambda row: -abs(row.effect))
    found = [_means(effects, row.pairs[0]) for row in certain]
    return [one for one in found if one is not None]


def _means(effects: Effects, techniques: tuple[str, ...]) -> LevelMeans | None:
    fit, model = effects.fit, effects.fit.model
    means = []
    for place in range(2 ** len(techniques)):
        on = tuple(bool(place >> bit & 1) for bit in reversed(range(len(techniques))))
        weights = np.zeros(model.columns.shape[1])
        weights[0] = 1
        side = [1 if one else -1 for one in on]
        for name, sign in zip(techniques, side, strict=True):
            weights += sign * model.technique_contrast(name) / 2
        if len(techniques) > 1:
            at = next(i for i, one in enumerate(model.groups) if one.pairs == (techniques,))
            weights += math.prod(side) * model.group_contrast(at) / 4
        if not model.estimable(weights):
            return None
        found = fit.interval(weights)
        means.append(LevelMean(on, found.value, found.low, found.high))
    return LevelMeans(techniques, tuple(means))
