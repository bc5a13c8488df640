"""Checks of a study's runs and of the fit: all that limits what the effects mean."""

from __future__ import annotations

from dataclasses import dataclass

from search.analysis.additivity import Additivity, additivity
from search.analysis.chance_level import AtChanceLevel, at_chance_level
from search.analysis.effects import Effects
from search.analysis.estimability import Estimability, estimability
from search.analysis.failing_cells import FailingCell, failing_cell
from search.analysis.lost_together import LostTogether, lost_together
from search.analysis.multiplicity import SignificantAlone, significant_alone
from search.analysis.outliers import Outliers, outliers
from search.analysis.run_losses import RunLosses, run_losses
from search.analysis.scale_refit import ScaleRefit, scale_refit
from search.analysis.unequal_losses import UnequalLoss, unequal_losses
from search.results import Results


@dataclass(frozen=True)
class FitDiagnostics:
    """Checks that need a fit; None where there is nothing to report or to check."""

    effects: Effects
    estimability: Estimability
    chance_level: AtChanceLevel | None
    failing: FailingCell | None
    significant_alone: SignificantAlone | None
    refit: ScaleRefit | None
    additivity: Additivity | None
    outliers: Outliers | None


@dataclass(frozen=True)
class Diagnostics:
    """Checks of the runs, and of the fit where there is one."""

    losses: RunLosses
    together: tuple[LostTogether, ...]
    """Choices of another program that fail together."""
    unequal: tuple[UnequalLoss, ...]
    """What the losses of another program's trials depend on."""
    fit: FitDiagnostics | None


def diagnose(results: Results, effects: Effects | None) -> Diagnostics:
    """Run every check; `effects` are those of the study, if it has any."""
    low, together = at_chance_level(results), lost_together(results)
    return Diagnostics(
        run_losses(results),
        together,
        unequal_losses(results, together),
        None
        if effects is None
        else FitDiagnostics(
            effects,
            estimability(effects, results),
            low,
            failing_cell(effects.fit.failing, results.of("measure")),
            significant_alone(effects),
            scale_refit(results, effects),
            additivity(results, effects),
            None if low else outliers(results, effects),
        ),
    )
