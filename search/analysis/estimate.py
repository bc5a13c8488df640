"""An estimate with its interval."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """An estimate with the ends of its 95 % interval, which are NaN where nothing tells the noise.

    In percent of a share, else in the objective's unit, where it is of the objective.
    """

    value: float
    low: float
    high: float


NO_ESTIMATE = Estimate(math.nan, math.nan, math.nan)
