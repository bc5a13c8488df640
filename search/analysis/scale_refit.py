"""A second fit, to the logit of a share or to the logarithm of a value that is multiplied.

The logit shows a floor or a ceiling of a share, and the logarithm what techniques multiply.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from search.analysis.effects import Effect, Effects, effects, repeated
from search.analysis.interactions import interactions
from search.analysis.least_squares import solve
from search.results import Results, Run

_CLOSEST = 1e-3
"""To 0 and to 1, whose logits are infinite; less where the runs come closer."""

Scale = Literal["logit", "logarithm"]


@dataclass(frozen=True)
class ScaleRefit:
    """Conclusions on a scale on which the techniques add up better."""

    scale: Scale
    effects: Effects
    """On that scale."""
    changed: tuple[Effect, ...]
    """Those whose verdict is another there, and certain here or there."""
    interactions_vanish: bool
    """True where interactions are certain in the objective's unit and none is on the scale."""


def scale_refit(results: Results, fitted: Effects) -> ScaleRefit | None:
    """Fit the effects to the objective on another scale, and compare the conclusions.

    None where the objective is neither a share nor multiplied, where the runs have no
    noise, or where the effects do not explain more there than in the objective's unit.
    """
    if not fitted.noise > 0:
        return None
    measured = results.of("measure")
    scale = other_scale(results)
    if scale is None:
        return None
    convert = conversion(measured, scale)
    other = effects(
        [convert(run) for run in measured],
        results.factors,
        [[convert(run) for run in group] for group in repeated(results)],
        results.objective.maximize,
        fitted.look,
        results.others,
    )
    if other is None or not other.noise > 0 or _unexplained(other) >= _unexplained(fitted):
        return None
    vanish = any(row.certain for row in interactions(fitted)) and not any(
        row.certain for row in interactions(other)
    )
    return ScaleRefit(scale, other, fitted.changed(other), vanish)


def other_scale(results: Results) -> Scale | None:
    """Return the scale on which the techniques may add up better; None where there is none."""
    if results.objective.share:
        return "logit"
    return "logarithm" if results.multiplied else None


def conversion(measured: Sequence[Run], scale: Scale) -> Callable[[Run], Run]:
    """Return what gives a run its value on a scale; a share's logit depends on all measured."""
    closest = _closest(measured)
    return _logarithm if scale == "logarithm" else lambda run: _logit(run, closest)


def inversion(scale: Scale) -> Callable[[np.ndarray], np.ndarray]:
    """Return what turns values on a scale into the objective's own."""
    return np.exp if scale == "logarithm" else lambda logits: 1 / (1 + np.exp(-logits))


def _unexplained(fitted: Effects) -> float:
    """Fraction of the values' variance that the effects alone, without pairs, do not explain."""
    model = fitted.fit.model
    values = model.columns @ fitted.fit.coefficients[:, 0]
    left = values - model.main @ solve(model.main, values)
    return float(np.var(left) + fitted.noise**2) / float(np.var(values) + fitted.noise**2)


def _closest(runs: Sequence[Run]) -> float:
    """The least distance of a share to 0 and 1: half that of the nearest run at neither."""
    shares = [run.value or 0.0 for run in runs]
    away = [far for share in shares if (far := min(share, 1 - share)) > 0]
    return min([_CLOSEST, *(far / 2 for far in away)])


def _logit(run: Run, closest: float) -> Run:
    share = min(max(run.value or 0.0, closest), 1 - closest)
    return replace(run, value=math.log(share / (1 - share)), scale=1.0)


def _logarithm(run: Run) -> Run:
    return run if run.value is None else replace(run, value=math.log(run.value), scale=1.0)
