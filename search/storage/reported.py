"""Reports of another program's trials on their way: of their objective, or of something else."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from search.results import Run

_LEFT = 0.7
"""Of the spread of the values, what the points may leave of it: of the variance, half."""


def reported_objective(runs: Sequence[Run], maximize: bool) -> bool:
    """Tell whether the points of the complete runs' curves are of the objective.

    Then a run's last point, or its best, tells its value. A loss beside an accuracy does not, nor
    does the score of each fold, of which the value is the mean. True where there are no curves.
    """
    whole = [(run.value, [*run.curve.values()]) for run in runs
             if run.value is not None and run.curve]  # fmt: skip
    if not whole:
        return True
    values = np.array([value for value, _ in whole])
    last = np.array([points[-1] for _, points in whole])
    best = np.array([(max if maximize else min)(points) for _, points in whole])
    means = np.array([fmean(points) for _, points in whole])
    if np.allclose(values, means, rtol=1e-9, atol=0) and not np.array_equal(values, last):
        return False
    left = min(_spread(values - points) for points in (last, best))
    return left <= _LEFT * _spread(values)


def _spread(values: np.ndarray) -> float:
    """From the tenth percentile to the ninetieth, as a few runs that diverged are far off."""
    return float(np.ptp(np.quantile(values, (0.1, 0.9))))
