"""The objective against each dial, from the runs of the search where its technique is on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from search.analysis.t_distribution import CONFIDENCE
from search.results import Dial, Results, Run

_FEWEST = 5
"""Runs below which a rank correlation says nothing."""


@dataclass(frozen=True)
class DialRun:
    """Where a run of the search turned a dial, and what that came to."""

    number: int
    value: float
    reached: float
    """The accuracy in percent, or the objective in its unit."""
    pruned: bool
    """If so, that is of its last epoch, and not to be compared with a whole run's."""


@dataclass(frozen=True)
class DialTrend:
    """One dial's runs, and whether more of it went with a better objective."""

    dial: Dial
    runs: tuple[DialRun, ...]
    correlation: float
    """Spearman's, over the runs that were not pruned; NaN under five of them."""
    low: float
    """Ends of its 95 % interval (Bonett & Wright 2000)."""
    high: float


def dials(results: Results) -> list[DialTrend]:
    """Every dial that the search turned. The sampler chose its values with all the others', so a
    trend is a hint, not an effect."""
    found = []
    for dial in results.dials:
        points = [
            DialRun(run.number, run.params[dial.name], run.scale * reached, run.state == "pruned")
            for run in results.runs
            if run.phase == "search" and run.ended and dial.name in run.params
            and (reached := _reached(run)) is not None
        ]  # fmt: skip
        if points:
            found.append(DialTrend(dial, tuple(points), *_spearman(points)))
    return found


def _reached(run: Run) -> float | None:
    return run.value if run.value is not None else next(reversed(run.curve.values()), None)


def _spearman(points: list[DialRun]) -> tuple[float, float, float]:
    whole = [p for p in points if not p.pruned]
    if len(whole) < _FEWEST:
        return (math.nan,) * 3
    from scipy.special import ndtri
    from scipy.stats import rankdata

    x, y = rankdata([p.value for p in whole]), rankdata([p.reached for p in whole])
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return (math.nan,) * 3
    r = float(np.corrcoef(x, y)[0, 1])
    if abs(r) > 1 - 1e-9:
        return r, math.nan, math.nan
    half = float(ndtri((1 + CONFIDENCE) / 2)) * math.sqrt((1 + r * r / 2) / (len(whole) - 3))
    return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)
