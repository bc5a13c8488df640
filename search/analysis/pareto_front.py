"""The Pareto front of points with a cost and a value each."""

from __future__ import annotations

import numpy as np

_MANY = 64
"""Points beyond which one in so many is looked at first."""


def pareto_front(costs: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Places, cheapest first, of those that nothing beats: (n,) costs, and values to maximize.

    Of several that are equal in both, the first.
    """
    if len(costs) > _MANY:
        few = pareto_front(costs[::_MANY], values[::_MANY])
        # Most are beaten by one of a few, and need no sorting.
        below = np.searchsorted(costs[::_MANY][few], costs, side="right") - 1
        beaten = (below >= 0) & (values < values[::_MANY][few][below])
        kept = np.flatnonzero(~beaten)
        if len(kept) < len(costs):
            return np.asarray(kept[pareto_front(costs[kept], values[kept])])
    order = np.lexsort((-values, costs))
    best = np.maximum.accumulate(values[order])
    better = np.append(True, best[1:] > best[:-1])
    return np.asarray(order[better])
