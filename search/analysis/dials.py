"""The objective against each dial, from the runs of the search where its technique is on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from search.analysis.distributions import normal_quantile
from search.analysis.rank_correlation import rank_correlation
from search.analysis.t_distribution import CONFIDENCE
from search.parameters import SearchedDial
from search.results import Results, Run

_FEWEST = 5
"""Runs for a rank correlation."""


@dataclass(frozen=True)
class DialRun:
    """A run of the search: its value of a dial, and the objective that it reached."""

    number: int
    value: float
    reached: float
    """The objective, in percent of a share, else in its unit."""
    pruned: bool
    """True where `reached` is of an earlier epoch, and not comparable to that of a whole run."""


@dataclass(frozen=True)
class DialTrend:
    """A dial's runs, and their rank correlation with the objective."""

    dial: SearchedDial
    runs: tuple[DialRun, ...]
    correlation: float
    """Spearman's, over the runs that were not pruned; NaN with fewer than five."""
    low: float
    """Ends of its 95 % interval (Bonett & Wright 2000)."""
    high: float


def dials(results: Results) -> list[DialTrend]:
    """Correlate every dial that the search turned with the objective.

    The sampler chose its values along with all the others, so a trend is a hint, not an effect.
    """
    rows = []
    for dial in results.dials:
        points = [
            DialRun(run.number, run.params[dial.name], run.scale * reached, run.state == "pruned")
            for run in results.runs
            if run.phase == "search" and run.ended and dial.name in run.params
            and (reached := _reached(run)) is not None
        ]  # fmt: skip
        if points:
            rows.append(DialTrend(dial, tuple(points), *_spearman(points)))
    return rows


def _reached(run: Run) -> float | None:
    return run.value if run.value is not None else next(reversed(run.curve.values()), None)


def _spearman(points: list[DialRun]) -> tuple[float, float, float]:
    whole = [p for p in points if not p.pruned]
    if len(whole) < _FEWEST:
        return (math.nan,) * 3
    r = rank_correlation([p.value for p in whole], [p.reached for p in whole])
    if math.isnan(r):
        return (math.nan,) * 3
    if abs(r) > 1 - 1e-9:
        return r, math.nan, math.nan
    margin = normal_quantile((1 + CONFIDENCE) / 2) * math.sqrt((1 + r * r / 2) / (len(whole) - 3))
    return r, math.tanh(math.atanh(r) - margin), math.tanh(math.atanh(r) + margin)
