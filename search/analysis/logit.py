"""A second fit to the logit of a share, which shows a floor or a ceiling of its scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.effects import CERTAIN, Effect, Effects, effects
from search.analysis.interactions import interactions
from search.results import Results, Run

_CLOSEST = 1e-3
"""To 0 and to 1, whose logits are infinite; less where the runs come closer."""


@dataclass(frozen=True)
class LogitRefit:
    """Conclusions that change on the logit, where the techniques add up better."""

    changed: tuple[Effect, ...]
    """Effects on the logit whose verdict is another there, and certain here or there."""
    interactions_vanish: bool
    """True where interactions are certain on the share itself and none is on its logit."""


def logit_refit(
    results: Results, fitted: Effects, repeats: Sequence[Sequence[Run]]
) -> LogitRefit | None:
    """Fit the effects to the logit of the objective, and compare the conclusions.

    None where the objective is no share, where the runs have no noise, or where the effects do not
    explain more of the logit than of the share.
    """
    if not results.objective.share or not fitted.noise > 0:
        return None
    measured = results.of("measure")
    closest = _closest(measured)
    other = effects(
        [_logit(run, closest) for run in measured],
        results.factors,
        [[_logit(run, closest) for run in group] for group in repeats],
        look=fitted.look,
        others=results.others,
    )
    if other is None or not other.noise > 0 or _unexplained(other) >= _unexplained(fitted):
        return None
    changed = tuple(
        there
        for there in other.effects
        if (here := fitted.of(there.technique)).verdict != there.verdict
        and (here.verdict in CERTAIN or there.verdict in CERTAIN)
    )
    vanish = any(row.certain for row in interactions(fitted)) and not any(
        row.certain for row in interactions(other)
    )
    return LogitRefit(changed, vanish)


def _unexplained(fitted: Effects) -> float:
    """Fraction of the values' variance that the effects alone, without pairs, do not explain."""
    model = fitted.fit.model
    values = model.columns @ fitted.fit.coefficients[:, 0]
    left = values - model.main @ np.linalg.lstsq(model.main, values)[0]
    return float(np.var(left) + fitted.noise**2) / float(np.var(values) + fitted.noise**2)


def _closest(runs: Sequence[Run]) -> float:
    """How close to 0 and 1 a share may come: half as close as the nearest run at neither."""
    shares = [run.value or 0.0 for run in runs]
    away = [far for share in shares if (far := min(share, 1 - share)) > 0]
    return min([_CLOSEST, *(far / 2 for far in away)])


def _logit(run: Run, closest: float) -> Run:
    share = min(max(run.value or 0.0, closest), 1 - closest)
    return replace(run, value=math.log(share / (1 - share)), scale=1.0)
