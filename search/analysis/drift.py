"""Trials that come out better, or worse, than like ones before: something else has changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from search.analysis.effects import Effects
from search.analysis.rank_correlation import rank_correlation
from search.analysis.t_distribution import two_sided
from search.results import Results, Run

_LEVEL = 0.01
"""Of the test; a sampler may find what the fit does not know of, and its later trials are better
for it."""


def drift(results: Results, effects: Effects, measured: Sequence[Run]) -> float:
    """Rank correlation of what the fit leaves of a trial with its number; 0 where it is chance.

    For the trials of other programs; kouka's own are in an order drawn at random.
    """
    model = effects.fit.model
    if results.designed or model.dof < 3:
        return 0.0
    runs = [run for run in measured if run.value is not None]
    values = np.array([run.scaled for run in runs])
    left = values - model.columns @ (model.inverse @ values)
    found = rank_correlation([run.number for run in runs], left.tolist())
    if math.isnan(found) or effects.noise == 0:
        return 0.0
    t = found * math.sqrt((model.dof - 1) / max(1 - found**2, 1e-12))
    return found if two_sided(t, model.dof - 1) < _LEVEL else 0.0
