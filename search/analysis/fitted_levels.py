"""Levels of all off and all on by the fit, which may never have been trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from search.analysis.diagnostics import FitDiagnostics
from search.objective import Objective

Failure = Literal["", "failing", "saturated", "range", "sum"]
"""Why the levels are not to be believed: recipes that fail together, no residuals that would show
a misfit, a value that cannot be, or fresh seeds that come to another sum. Empty where they are."""


@dataclass(frozen=True)
class FittedLevels:
    """The levels by the fit, in percent of a share, else in the objective's unit."""

    all_off: float
    """NaN where the runs cannot estimate it."""
    all_on: float
    failure: Failure

    @property
    def hold(self) -> bool:
        """True where the levels are fit to be drawn."""
        return not self.failure and not math.isnan(self.all_off)


def fitted_levels(fit: FitDiagnostics, objective: Objective) -> FittedLevels:
    """Predict both levels from the effects, and check that the fit does not fail there."""
    effects = fit.effects
    summed = sum(e.effect for e in effects.effects if e.level is None and not math.isnan(e.effect))
    all_on = effects.baseline + summed
    return FittedLevels(effects.baseline, all_on, _failure(fit, objective, all_on))


def _failure(fit: FitDiagnostics, objective: Objective, all_on: float) -> Failure:
    effects = fit.effects
    if fit.failing is not None or effects.fit.failing is not None:
        return "failing"
    if effects.fit.dof_from_residuals <= 0:
        return "saturated"
    levels = (effects.baseline, all_on)
    if objective.share and any(not 0 <= level <= 100 for level in levels if level == level):
        return "range"
    return "sum" if fit.additivity is not None and fit.additivity.rejected else ""
