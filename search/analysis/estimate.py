"""An estimate with its interval."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from search.analysis.t_distribution import quantile
from search.objective import ACCURACY, Objective


@dataclass(frozen=True)
class Estimate:
    """An estimate with the ends of its 95 % interval, which are NaN where nothing tells the noise.

    In percent of a share, else in the objective's unit, where it is of the objective.
    """

    value: float
    low: float
    high: float


NO_ESTIMATE = Estimate(math.nan, math.nan, math.nan)


def mean_over_seeds(values: Sequence[float], objective: Objective = ACCURACY) -> Estimate:
    """Mean of values in the objective's unit, with its interval cut to the objective's range.

    One value, or several that are equal, say nothing of other seeds and have no interval.
    """
    average = statistics.fmean(values)
    if len(set(values)) < 2:
        return Estimate(average, math.nan, math.nan)
    margin = quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    low, high = (objective.within(average + end) for end in (-margin, margin))
    return Estimate(average, low, high)
