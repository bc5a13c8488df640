"""Costs of the techniques in seconds an epoch and in parameters, from the `measure` runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.effects import Effects
from search.analysis.estimate import NO_ESTIMATE, Estimate
from search.analysis.fit import Fit, fit
from search.analysis.model import build, signs
from search.analysis.parameter_counts import parameter_counts
from search.analysis.t_distribution import ALPHA, familywise
from search.parameters import Category, Number
from search.results import Run


@dataclass(frozen=True)
class Cost:
    """Increase when one technique is turned on, or at one level, averaged over the others."""

    technique: str
    seconds: Estimate
    """Seconds an epoch, on the machine and under the load of the runs."""
    parameters: Estimate
    """Parameters of the network. They are not random: where runs had every combination of what
    decides them, they are counted, and the interval is the number; else it shows the fit's
    error."""
    per_second: float
    """Effect, in its unit, for each second an epoch; NaN unless the technique surely takes time,
    corrected for the number of techniques."""


def costs(
    runs: Sequence[Run], effects: Effects, others: Sequence[Category | Number] = ()
) -> list[Cost]:
    """Estimate the costs of the techniques, in the order of `effects`.

    Fitted as the effects are, but without repeated runs, which ran at other times and loads. Empty
    where no run has its seconds or its parameters.
    """
    names = [effect.technique for effect in effects.effects if effect.level is None]
    whole = [run for run in runs if not run.diverged]
    timed = [run for run in whole if run.seconds_per_epoch is not None]
    counted = [run for run in whole if run.parameters is not None]
    seconds = _fit(timed, names, [r.seconds_per_epoch for r in timed], others)
    parameters = _fit(counted, names, [r.parameters for r in counted], others)
    if seconds is None and parameters is None:
        return []
    added = _counted(counted, names)
    rows = []
    for effect in effects.effects:
        spent = _estimate(seconds, effect.technique)
        rows.append(
            Cost(
                effect.technique,
                spent,
                _known(_estimate(parameters, effect.technique), added.get(effect.technique)),
                effect.effect / spent.value if _takes_time(seconds, effect.technique) else math.nan,
            )
        )
    return rows


def _fit(
    runs: Sequence[Run],
    names: Sequence[str],
    values: Sequence[float | None],
    others: Sequence[Category | Number],
) -> Fit | None:
    model = build(runs, names, others=others)
    return None if model is None else fit(model, np.array(values, dtype=float)[:, np.newaxis])


def _estimate(fitted: Fit | None, name: str) -> Estimate:
    contrast = _contrast(fitted, name)
    return NO_ESTIMATE if fitted is None or contrast is None else fitted.interval(contrast)


def _counted(runs: Sequence[Run], names: Sequence[str]) -> dict[str, float]:
    """The parameters that each technique adds, by counts alone; empty where some are predicted.

    A fit would take them for sums of the techniques, and give those of one that decides in part to
    others where runs are missing.
    """
    counts = np.array([run.parameters for run in runs], dtype=float)
    found = parameter_counts(signs(runs, names), counts)
    if found is None or not found.counted:
        return {}
    return {name: found.added(at) for at, name in enumerate(names)}


def _known(fitted: Estimate, added: float | None) -> Estimate:
    """Counts that take the place of fitted values, where the runs tell them."""
    if added is None or math.isnan(fitted.value):
        return fitted
    return Estimate(added, added, added)


def _takes_time(seconds: Fit | None, name: str) -> bool:
    contrast = _contrast(seconds, name)
    if seconds is None or contrast is None:
        return False
    value, error, dof = seconds.first(contrast)
    if not dof:
        return False
    if not (value > 0 and error > 0):
        return value > 0
    return familywise(value / error, dof, len(seconds.model.names)) < ALPHA


def _contrast(fitted: Fit | None, name: str) -> np.ndarray | None:
    """The weights, (terms,), that make the effect; None where the runs do not tell it."""
    if fitted is None or name not in fitted.model.names:
        return None
    contrast = fitted.model.technique_contrast(name)
    return contrast if fitted.model.estimable(contrast) else None
