"""Each measured run beside what the fit says of it, with and without the run itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.effects import Effects
from search.analysis.least_squares import FITS_ITSELF
from search.analysis.t_distribution import ALPHA, two_sided
from search.results import Run


@dataclass(frozen=True)
class FittedRun:
    """A run's value and the fit's, in percent or in the objective's unit."""

    run: Run
    fitted: float
    left_out: float
    """The prediction by a fit to all other runs; NaN where these cannot predict it. Where the pairs
    are random terms, their spread is that of all runs."""
    missed: bool
    """True where it is an outlier at 5 %, corrected for the number of runs."""

    @property
    def observed(self) -> float:
        """The run's value."""
        return self.run.scaled


@dataclass(frozen=True)
class FittedRuns:
    """All measured runs beside the fit."""

    runs: tuple[FittedRun, ...]
    explained: float
    """Share of the variance of the runs that the fit explains."""
    error: float
    """Root mean square of what `left_out` misses the runs by; NaN where it is not known."""


def fitted_runs(effects: Effects, runs: Sequence[Run]) -> FittedRuns | None:
    """Compare the runs that `effects` are of with their fit; None where it has to go through each.

    A run is missed where its externally studentized residual, which is of a fit to all other runs,
    is an outlier by Bonferroni's inequality (Cook & Weisberg 1982).
    """
    fit, model = effects.fit, effects.fit.model
    values = np.array([run.scaled for run in runs])
    spread = float(np.var(values)) if len(values) else 0.0
    # The spread of values that differ by next to nothing is 0 too.
    if not (model.dof or fit.runs) or not spread > 0:
        return None
    fitted = model.columns @ fit.coefficients[:, 0] if fit.runs is None else fit.runs.fitted
    residuals = values - fitted
    if fit.runs is not None:
        left_out = fit.runs.left_out
        p_values = [two_sided(t, max(fit.dof - 1, 1)) for t in fit.runs.studentized.tolist()]
        missed = np.array(p_values) * len(runs) < ALPHA
    elif model.random_pairs:
        left_out, missed = np.full(len(runs), math.nan), np.zeros(len(runs), dtype=bool)
    else:
        usable = model.room > FITS_ITSELF
        left_out = np.where(usable, values - residuals / np.where(usable, model.room, 1), math.nan)
        missed = _missed(residuals, model.room, model.dof)
    return FittedRuns(
        tuple(
            FittedRun(run, float(fitted[at]), float(left_out[at]), bool(missed[at]))
            for at, run in enumerate(runs)
        ),
        1 - float(np.var(residuals)) / spread,
        float(np.sqrt(np.nanmean((values - left_out) ** 2)))
        if not np.isnan(left_out).all()
        else math.nan,
    )


def _missed(residuals: np.ndarray, share: np.ndarray, dof: int) -> np.ndarray:
    """(runs,): True where a run is an outlier; `share` is one less its leverage."""
    if dof < 2:
        return np.zeros(len(residuals), dtype=bool)
    squares = float(residuals @ residuals)
    found = []
    for residual, left in zip(residuals, share, strict=True):
        if left <= FITS_ITSELF:
            found.append(False)
            continue
        others = (squares - residual**2 / left) / (dof - 1)
        if others <= 1e-12 * squares:
            found.append(False)
            continue
        t = float(residual / math.sqrt(others * left))
        found.append(two_sided(t, dof - 1) * len(residuals) < ALPHA)
    return np.array(found)
