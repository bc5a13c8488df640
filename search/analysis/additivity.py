"""A check of the effects' sum against all on minus all off, measured on fresh seeds."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np

from search.analysis.effects import Effects
from search.analysis.t_distribution import ALPHA, error_of_mean, welch
from search.results import Results

_LEAST_TECHNIQUES = 3
"""Of fewer, only pairs can act together, which change nothing in the sum of the effects."""


@dataclass(frozen=True)
class Additivity:
    """Two values of all on minus all off, in the effects' unit."""

    summed: float
    """The sum of the effects."""
    measured: float
    """The difference of the means of the `confirm` runs."""
    p_value: float
    """Of no difference between the two (Welch 1947)."""

    @property
    def rejected(self) -> bool:
        """True where the two differ by more than a change of seed."""
        return self.p_value < ALPHA


def additivity(results: Results, effects: Effects) -> Additivity | None:
    """Compare the effects' sum with the `confirm` runs.

    None with under two seeds for either end or seeds that came out equal, which show no noise,
    where the two were not trained alike, and where the runs cannot estimate the sum. With fewer
    than three techniques there is nothing to check: all on less all off is the sum of the effects.
    """
    if results.several:
        return None  # the effects are means over levels, of which the ends have one
    if results.epochs_of("confirm") != results.epochs_of("measure"):
        return None
    model = effects.fit.model
    if len(model.techniques) < _LEAST_TECHNIQUES:
        return None
    on, off = (
        [run.scaled for run in results.of("confirm") if results.end_of(run) == end]
        for end in ("all on", "all off")
    )
    contrast = np.sum([model.technique_contrast(name) for name in model.techniques], axis=0)
    if min(len(on), len(off)) < 2 or not model.estimable(contrast):
        return None
    summed, error, dof = effects.fit.first(contrast)
    measured = statistics.fmean(on) - statistics.fmean(off)
    if statistics.pstdev(on) == 0 or statistics.pstdev(off) == 0:
        return None
    p_value = welch(measured - summed, error_of_mean(on), error_of_mean(off), (error, dof))
    return Additivity(summed, measured, p_value)
