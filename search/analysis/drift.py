"""Trials that come out better, or worse, than like ones before: something else has changed.

A sampler that learns tries other techniques in its later trials, which are credited with the
change. So the order of the trials then is one more of the numbers that effects are adjusted for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from search.analysis.covariates import ORDER
from search.analysis.effects import Effects, effects_of
from search.analysis.rank_correlation import rank_correlation
from search.analysis.t_distribution import two_sided
from search.parameters import Number
from search.results import Results, Run

_LEVEL = 0.01
"""Of the test; a sampler may find what the fit does not know of, and its later trials are better
for it."""


def beside_drift(
    results: Results, effects: Effects | None, repeats: Sequence[Sequence[Run]]
) -> tuple[Results, Effects | None]:
    """Return a study with the order of its trials among its numbers where they drift, and its
    effects beside that; else both as they are.

    `effects` and `repeats` are those of `effects.effects`.
    """
    found = 0.0 if effects is None else _drift(results, effects)
    if not found:
        return results, effects
    numbers = [run.number for run in results.runs]
    order = Number(ORDER, min(numbers), max(numbers))
    results = replace(results, drift=found, others=(*results.others, order))
    return results, effects_of(results, repeats)


def _drift(results: Results, effects: Effects) -> float:
    """Rank correlation of what the fit leaves of a trial with its number; 0 where it is chance.

    For the trials of other programs; kouka's own are in an order drawn at random.
    """
    model = effects.fit.model
    if results.designed or model.dof < 3:
        return 0.0
    runs = results.of("measure")
    values = np.array([run.scaled for run in runs])
    left = values - model.columns @ (model.inverse @ values)
    found = rank_correlation([run.number for run in runs], left.tolist())
    if math.isnan(found) or effects.noise == 0:
        return 0.0
    t = found * math.sqrt((model.dof - 1) / max(1 - found**2, 1e-12))
    return found if two_sided(t, model.dof - 1) < _LEVEL else 0.0
