"""Runs that share one value, as of a sampler that stays at a score that it cannot better.

A small validation set has few values, and a program of one seed no noise. Runs there show no
spread, and say nothing of how far others would.
"""

from __future__ import annotations

import numpy as np

_MOST = 0.5
"""Share of the runs: of fewer, the others tell the noise."""


def at_plateau(values: np.ndarray) -> np.ndarray:
    """Find the runs at the one value, (runs,), that more than half of them have; none else."""
    each, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(each) < 2 or counts.max() <= _MOST * len(values):
        return np.zeros(len(values), dtype=bool)
    return np.asarray(places == np.argmax(counts))
