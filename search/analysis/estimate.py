"""An estimate with its interval."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """An estimate with the ends of its 95 % interval, NaN where the noise cannot be estimated."""

    value: float
    low: float
    high: float
