"""Levels of all off and all on by the fit, which may never have been trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from search.analysis.diagnostics import FitDiagnostics
from search.analysis.effects import Effects
from search.analysis.estimate import NO_ESTIMATE, Estimate
from search.analysis.level_means import Misfit, misfit
from search.objective import Objective

Failure = Misfit | Literal["", "range", "sum"]
"""Why the levels are not to be believed: a misfit, a value that cannot be, or fresh seeds that come
to another sum. Empty where they are."""


@dataclass(frozen=True)
class FittedLevels:
    """The levels by the fit, in percent of a share, else in the objective's unit.

    Their intervals are those of a mean over seeds, and cut to the objective's range.
    """

    all_off: Estimate
    """NaN where the runs cannot estimate it."""
    all_on: Estimate
    failure: Failure

    @property
    def hold(self) -> bool:
        """True where the levels are fit to be drawn."""
        return not self.failure and not math.isnan(self.all_off.value)


def fitted_levels(fit: FitDiagnostics, objective: Objective) -> FittedLevels:
    """Predict both levels from the effects, and check that the fit does not fail there."""
    effects = fit.effects
    model = effects.fit.model
    off = model.prediction(())
    known = [one.technique for one in effects.effects
             if one.level is None and not math.isnan(one.effect)]  # fmt: skip
    on = sum((model.technique_contrast(name) for name in known), off)
    all_off, all_on = (_level(effects, weights, objective) for weights in (off, on))
    return FittedLevels(all_off, all_on, _failure(fit, objective, (all_off, all_on)))


def _level(effects: Effects, weights: np.ndarray, objective: Objective) -> Estimate:
    """A level that is so many of the coefficients, (terms,)."""
    if math.isnan(effects.baseline):
        return NO_ESTIMATE
    found = effects.fit.interval(weights)
    return Estimate(found.value, objective.within(found.low), objective.within(found.high))


def _failure(fit: FitDiagnostics, objective: Objective, levels: Sequence[Estimate]) -> Failure:
    effects = fit.effects
    if (reason := misfit(effects)) is not None:
        return reason
    if objective.share and any(one.value < 0 or one.value > 100 for one in levels):
        return "range"
    return "sum" if fit.additivity is not None and fit.additivity.rejected else ""
