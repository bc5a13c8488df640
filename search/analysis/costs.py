"""What each technique costs: seconds an epoch and parameters, from the `measure` runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.effects import Effects
from search.analysis.model import Fit, build, fit
from search.results import Run


@dataclass(frozen=True)
class Estimate:
    """A number with the ends of its 95 % interval, which are NaN without an estimate of noise."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Cost:
    """What turning one technique on adds, on average over the others."""

    technique: str
    seconds: Estimate
    """Per epoch, on the machine and under the load of the runs."""
    parameters: Estimate
    """A count; its interval comes from what the fit leaves out, as nothing in it is random."""
    per_second: float
    """Points, or what the effects are in, for each second an epoch; NaN unless the whole interval
    of the seconds is above zero."""


def costs(runs: Sequence[Run], found: Effects) -> list[Cost]:
    """The costs of the techniques of `found`, in its order; empty where no run says what it cost.

    Fitted as the effects are, without their repeats: those ran at other times and loads.
    """
    names = [effect.technique for effect in found.effects]
    whole = [run for run in runs if run.value is not None and not run.diverged]
    timed = [run for run in whole if run.seconds_per_epoch is not None]
    counted = [run for run in whole if run.parameters is not None]
    seconds = _fit(timed, names, [r.seconds_per_epoch for r in timed])
    parameters = _fit(counted, names, [r.parameters for r in counted])
    if seconds is None and parameters is None:
        return []
    rows = []
    for effect in found.effects:
        spent = _estimate(seconds, effect.technique)
        rows.append(
            Cost(
                effect.technique,
                spent,
                _estimate(parameters, effect.technique),
                effect.effect / spent.value if spent.low > 0 else math.nan,
            )
        )
    return rows


def _fit(runs: Sequence[Run], names: Sequence[str], values: Sequence[float | None]) -> Fit | None:
    model = build(runs, names)
    return None if model is None else fit(model, np.array(values, dtype=float)[:, np.newaxis])


def _estimate(fitted: Fit | None, name: str) -> Estimate:
    nothing = Estimate(math.nan, math.nan, math.nan)
    if fitted is None or name not in fitted.model.techniques:
        return nothing
    if not fitted.model.estimable(contrast := fitted.model.technique_contrast(name)):
        return nothing
    middle, error = (float(value[0]) for value in fitted.estimate(contrast))
    return Estimate(middle, middle - fitted.half * error, middle + fitted.half * error)
