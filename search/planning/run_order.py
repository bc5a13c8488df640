"""The order in which a design's runs are made: random, and clear of a drift of the machine.

In a random order a drift is noise to the effects, which a small design notices too little of. So
the order is random among those in which no technique is on earlier, or nearer to the middle, than
it is off (restricted randomization: Youden 1972, Technometrics 14; Bailey 1987, J. Am. Stat. Assoc.
82).
"""

from __future__ import annotations

import numpy as np

from search.planning.design import Design

_TRIES = 600
_LINEAR = 8
"""Weight of a linear drift beside a quadratic one."""


def run_order(rows: Design, random: np.random.Generator) -> np.ndarray:
    """Draw an order of a design's rows: their numbers, (runs,), first to last.

    From a random order on, two runs at a time change places where that lowers the correlation of
    the techniques with a linear and a quadratic drift (Krieger, Azriel & Kapelner 2019, Biometrika
    106). In whole numbers, so that every processor draws the same.
    """
    runs = len(rows)
    order = random.permutation(runs)
    if runs < 3:
        return order
    levels = np.where(rows, 1, -1)[order]
    line = 2 * np.arange(runs) - (runs - 1)
    drifts = np.array([line, 3 * line**2 - (runs**2 - 1)])
    sizes = [int(drift @ drift) for drift in drifts]
    shared = drifts @ levels
    best = _distance(shared, sizes)
    for one, other in random.integers(runs, size=(_TRIES, 2)):
        turned = levels[other] - levels[one]
        moved = shared + np.outer(drifts[:, one] - drifts[:, other], turned)
        distance = _distance(moved, sizes)
        if distance < best:
            best, shared = distance, moved
            levels[[one, other]] = levels[[other, one]]
            order[[one, other]] = order[[other, one]]
    return order


def _distance(shared: np.ndarray, sizes: list[int]) -> int:
    """Sum of squared correlations of techniques and drifts, up to a factor."""
    linear, quadratic = (sum(value**2 for value in row) for row in shared.tolist())
    return int(_LINEAR * linear * sizes[1] + quadratic * sizes[0])
