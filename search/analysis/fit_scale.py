"""The scale on which recipes are fitted: techniques add up better on it than on the objective's.

It is the logit of a share, and the logarithm of a log loss or of a value that is multiplied. Runs
far below the others count as less far below (Tukey's fence), as it matters that a recipe fails, and
not how badly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from search.analysis.least_squares import solve
from search.results import Results, Run

_FENCE = 1.5
"""Interquartile ranges below the first quartile at which a value is cut (Tukey 1977)."""
_USUAL_IMAGES = 1000
"""Validation images where a study does not say how many it has."""
_LEAST_LOSS = 1e-3
"""In nats; its logarithm would otherwise be infinite."""


def scale(runs: Sequence[Run], results: Results) -> np.ndarray:
    """Put the runs' values on the scale of the fit, (runs,), greater where better."""
    values = np.array([run.value for run in runs], dtype=float)
    if results.objective.share:
        images = _images(results)
        # An empirical logit (Cox 1970): that of 0 and of 1 would be infinite.
        shares = (images * values + 0.5) / (images + 1)
        values = np.log(shares / (1 - shares))
    elif results.objective.key == "neg_log_loss":
        values = -np.log(np.maximum(-values, _LEAST_LOSS))
    elif results.multiplied:
        values = np.log(values)
    return np.asarray(results.objective.sign * values)


def cut_far_below(values: np.ndarray, levels: np.ndarray, beside: np.ndarray | None) -> np.ndarray:
    """Cut runs, (runs,), that are far below the others, by as much as they are too far.

    `levels`, (runs, techniques), and `beside`, (runs, columns), are what they differ in. What is
    far below for a learning rate is no failure: there a run is as far as the rest leaves it.
    """
    explained = np.zeros(len(values))
    if beside is not None and beside.size:
        columns = np.column_stack([np.ones(len(values)), levels, beside])
        slopes = solve(columns, values)
        explained = beside @ slopes[-beside.shape[1] :]
    left = values - explained
    first, third = np.percentile(left, [25, 75])
    if not third > first:
        return values
    return np.asarray(values + np.maximum(first - _FENCE * (third - first) - left, 0.0))


def _images(results: Results) -> int:
    return _USUAL_IMAGES if results.data is None else results.data.validation


def unscaled(value: float, results: Results) -> float:
    """Take a value on the scale of the fit back to percent, or to the objective's unit."""
    objective = results.objective
    value *= objective.sign
    if objective.share:
        images = _images(results)
        share = 1 / (1 + math.exp(-value))
        return 100 * min(1.0, max(0.0, ((images + 1) * share - 0.5) / images))
    if results.multiplied:
        return math.exp(value)
    return -math.exp(-value) if objective.key == "neg_log_loss" else value
