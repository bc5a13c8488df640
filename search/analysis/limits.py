"""What recipes take of what a user limits: the seconds of a run, and the network's parameters.

The seconds are of the training of one run at the budget that decides, on the machines of the runs.
They are predicted from the runs' seconds an epoch by the fit that predicts the objective, on their
logarithms. Parameters are counted, or predicted for a combination of techniques that no run had.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from search.analysis.parameter_counts import ParameterCounts, parameter_counts
from search.analysis.surface import Points, Surface, fit_surface
from search.results import Run
from search.settings import Limits

_TIMED = 128
"""Runs whose seconds are fitted, the first of more: the fit takes time, and says little more."""


@dataclass(frozen=True)
class Taken:
    """The seconds and parameters of a recipe; NaN where no run tells them."""

    seconds: float
    parameters: float


@dataclass(frozen=True, eq=False)
class Costing:
    """The cost of recipes, and by how much it exceeds the limits."""

    limits: Limits
    epochs: int
    """Of a run at the budget that decides."""
    seconds: Surface | float
    """The logarithms of the seconds an epoch; a number where the runs do not differ."""
    parameters: ParameterCounts | float

    @classmethod
    def of(cls, limits: Limits, epochs: int, runs: Sequence[Run], points: Points) -> Costing:
        """Fit what the runs took; `points` are their recipes."""
        seconds: Surface | float | None = fit_seconds(runs, points)
        parameters: ParameterCounts | float | None = count_parameters(runs, points)
        if seconds is None:
            seconds = _mean([math.log(runs[row].seconds_per_epoch or 1) for row in _timed(runs)])
        if parameters is None:
            parameters = _mean([run.parameters for run in runs if run.parameters])
        return cls(limits, epochs, seconds, parameters)

    def takes(self, points: Points) -> list[Taken]:
        """Predict what recipes take."""
        every = np.zeros(len(points.keys))
        logarithms = (
            self.seconds.means(points) if isinstance(self.seconds, Surface)
            else every + self.seconds
        )  # fmt: skip
        counts = (
            self.parameters.of(points.levels) if isinstance(self.parameters, ParameterCounts)
            else every + self.parameters
        )  # fmt: skip
        seconds = self.epochs * np.exp(logarithms)
        return [Taken(*each) for each in zip(seconds.tolist(), counts.tolist(), strict=True)]

    def excess(self, points: Points) -> np.ndarray:
        """Return by how much recipes, (recipes,), are above the limits: 0 where they are not.

        It is the sum of the logarithms of how many times too much they take.
        """
        return np.array([excess(one, self.limits) for one in self.takes(points)])


def fit_seconds(runs: Sequence[Run], points: Points) -> Surface | None:
    """Fit the logarithms of the runs' seconds an epoch; `points` are their recipes.

    None where these do not differ, or too few say.
    """
    rows = _timed(runs)[:_TIMED]
    seconds = np.array([runs[row].seconds_per_epoch for row in rows], dtype=float)
    return fit_surface(points.recipes[np.array(rows)], np.log(seconds)) if rows else None


def count_parameters(runs: Sequence[Run], points: Points) -> ParameterCounts | None:
    """Learn the parameters of the runs' networks; None where these do not differ, or none says."""
    rows = np.array([row for row, run in enumerate(runs) if run.parameters], dtype=int)
    counts = np.array([runs[row].parameters for row in rows], dtype=float)
    return parameter_counts(points.levels[rows], counts)


def excess(taken: Taken, limits: Limits) -> float:
    """Return by how much one recipe is above the limits, as `Costing.excess`."""
    total = 0.0
    pairs = (taken.seconds, limits.seconds), (taken.parameters, limits.parameters)
    for takes, most in pairs:
        if most is not None and takes > most:
            total += math.log(takes / most)
    return total


def took(runs: Sequence[Run], epochs: int) -> Taken:
    """Return what the runs of one recipe took on average."""
    seconds = [epochs * run.seconds_per_epoch for run in runs if run.seconds_per_epoch]
    counts = [run.parameters for run in runs if run.parameters]
    return Taken(*(fmean(each) if each else math.nan for each in (seconds, counts)))


def _timed(runs: Sequence[Run]) -> list[int]:
    """Places of the runs that say their seconds: of `measure`, as others had other loads."""
    timed = [row for row, run in enumerate(runs) if (run.seconds_per_epoch or 0) > 0]
    return [row for row in timed if runs[row].phase == "measure"] or timed


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan
