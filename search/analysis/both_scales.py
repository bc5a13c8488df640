"""Effects of another program's trials that hold on two scales, and not in points alone.

Near a ceiling, or where techniques multiply a loss, a technique does less beside good recipes than
beside poor ones. A sampler that learns tries the good ones, so a fit in points tells what it does
beside these, and not in the mean over all recipes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.estimability import estimability
from search.analysis.model import ENOUGH_DOF
from search.analysis.scale_refit import ScaleRefit, conversion, inversion, scale_refit
from search.results import Results

_RECIPES = 1000
"""Drawn for the mean over all recipes, or as many as there are runs."""


def on_both_scales(results: Results, effects: Effects | None) -> Effects | None:
    """Widen the intervals of effects to those that they have if the techniques add up on the other
    scale (Draper 1995), and keep the verdicts that hold on both.

    The effects of a design stay as they are: they are means over all recipes on any scale. So do
    those that few degrees of freedom tell, whose intervals on the scale may end far off in points.
    """
    if effects is None or results.designed or results.enqueued:
        return effects
    if effects.error_dof < ENOUGH_DOF or estimability(effects, results).balanced:
        return effects
    refit = scale_refit(results, effects)
    if refit is None:
        return effects
    scaled = _Scaled.of(results, refit)
    rows = tuple(_widened(one, refit.effects.of(one.technique), scaled) for one in effects.effects)
    return replace(effects, effects=rows)


def _widened(effect: Effect, there: Effect, scaled: _Scaled) -> Effect:
    if math.isnan(effect.low) or math.isnan(there.low):
        return effect
    low, high = (scaled.mean(there, end) for end in (there.low, there.high))
    agree = effect.verdict == there.verdict
    opposite = not agree and {effect.verdict, there.verdict} <= {*CERTAIN}
    return replace(
        effect,
        low=min(effect.low, low),
        high=max(effect.high, high),
        p_value=1.0 if opposite else max(effect.p_value, there.p_value),
        verdict=effect.verdict if agree else "no clear effect",
    )


@dataclass(frozen=True)
class _Scaled:
    """Recipes drawn at random, on the scale, each with what else some run has, and its noise."""

    refit: ScaleRefit
    invert: Callable[[np.ndarray], np.ndarray]
    """Makes values in the effects' unit of those on the scale."""
    recipes: np.ndarray
    """(recipes, techniques): 1 where one is on, -1 where it is off."""
    slopes: np.ndarray
    """(techniques,): half of the effects."""
    beside: np.ndarray
    """(recipes,): what the techniques leave of the runs' values."""
    runs: np.ndarray
    """(recipes,): the runs' places."""

    @staticmethod
    def of(results: Results, refit: ScaleRefit) -> _Scaled:
        measured, fit = results.of("measure"), refit.effects.fit
        convert, invert = conversion(measured, refit.scale), inversion(refit.scale)
        values = np.array([convert(run).scaled for run in measured])
        slopes = fit.coefficients[1 : 1 + len(fit.model.techniques), 0]
        rest = values - fit.model.signs @ slopes
        random = np.random.default_rng(0)
        runs = np.resize(random.permutation(len(rest)), max(_RECIPES, len(rest)))
        recipes = random.choice([-1.0, 1.0], size=(len(runs), len(slopes)))
        unit = measured[0].scale
        return _Scaled(
            refit, lambda scaled: unit * invert(scaled), recipes, slopes, rest[runs], runs
        )

    def mean(self, effect: Effect, size: float) -> float:
        """Make an effect of such a size on the scale one in the effects' unit."""
        fit = self.refit.effects.fit
        model, coefficients = fit.model, fit.coefficients[:, 0]
        others = self.beside + self.recipes @ self.slopes
        level = effect.level
        if level is None:
            at = model.techniques.index(effect.technique)
            off = others - self.recipes[:, at] * self.slopes[at] - size / 2
        else:
            names = [one.name for one in model.levels if one.parameter == level.parameter]
            places = [int(np.flatnonzero(model.technique_contrast(one))[0]) for one in names]
            columns = model.columns[:, places]
            asked = np.any(columns != 0, axis=1)[self.runs]
            at_reference = (columns.min(axis=0) - columns) @ coefficients[places]
            off = (others + at_reference[self.runs])[asked]
        return float(np.mean(self.invert(off + size) - self.invert(off)))
