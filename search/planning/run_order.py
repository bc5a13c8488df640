"""The order in which a design's runs are made: random, and clear of a drift of the machine.

In a random order a drift is noise to the effects, which a small design notices too little of. So
the order is random among those in which no technique is on earlier than it is off (restricted
randomization: Youden 1972, Technometrics 14; Bailey 1987, J. Am. Stat. Assoc. 82). Where there is
room, no two techniques agree earlier than they differ, and none is on nearer to the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from search.planning.design import Design, pair_columns

_TRIES, _TRIES_OF_A_RUN = 600, 20
"""Exchanges at most, and for each run."""
_STARTS = 64
"""Over the number of runs: random orders to begin with."""
_LINEAR = 30
"""Weight of a linear drift beside a quadratic one."""
_TECHNIQUE = 20
"""Weight of a technique beside a pair, as there is not room for both in every design."""


def run_order(rows: Design, random: np.random.Generator) -> np.ndarray:
    """Draw an order of a design's rows: their numbers, (runs,), first to last.

    From a random order on, two runs at a time change places where that lowers the correlation of
    the techniques, and of their pairs, with a linear and a quadratic drift (Krieger, Azriel &
    Kapelner 2019, Biometrika 106). In whole numbers, so that every processor draws the same.
    """
    if len(rows) < 3:
        return random.permutation(len(rows))
    # The fewer the runs, the sooner the exchanges end where none is of use.
    found = [_balanced(rows, random) for _ in range(max(1, _STARTS // len(rows)))]
    return min(found, key=lambda one: one[0])[1]


def by_size(rows: Design, sizes: Sequence[int], order: Callable[[Design], np.ndarray]) -> list[int]:
    """Order the rows of a design that grew to `sizes`, those of each size after another.

    `order` draws the order of some rows. Returns their numbers in the design, first to last.
    """
    numbers: list[int] = []
    for begin, end in zip([0, *sizes], sizes, strict=False):
        numbers += (begin + order(rows[begin:end])).tolist()
    return numbers


def _balanced(rows: Design, random: np.random.Generator) -> tuple[int, np.ndarray]:
    """An order that no exchange tried has improved, and how unbalanced it is."""
    runs = len(rows)
    order = random.permutation(runs)
    levels = _columns(rows)[order]
    weights = [_TECHNIQUE] * rows.shape[1] + [1] * (levels.shape[1] - rows.shape[1])
    line = 2 * np.arange(runs) - (runs - 1)
    drifts = np.array([line, 3 * line**2 - (runs**2 - 1)])
    sizes = [int(drift @ drift) for drift in drifts]
    shared = drifts @ levels
    best = _distance(shared, sizes, weights)
    tries = min(_TRIES, _TRIES_OF_A_RUN * runs)
    for one, other in random.integers(runs, size=(tries, 2)):
        turned = levels[other] - levels[one]
        moved = shared + np.outer(drifts[:, one] - drifts[:, other], turned)
        distance = _distance(moved, sizes, weights)
        if distance < best:
            best, shared = distance, moved
            levels[[one, other]] = levels[[other, one]]
            order[[one, other]] = order[[other, one]]
    return best, order


def _columns(rows: Design) -> np.ndarray:
    """(runs, columns): the techniques as ±1, then their pairs, each column once."""
    levels = np.where(rows, 1, -1)
    pairs = pair_columns(levels).astype(int)
    distinct = np.unique(pairs * pairs[:1], axis=1)
    varied = np.ptp(distinct, axis=0) > 0
    return np.column_stack([levels, distinct[:, varied]])


def _distance(shared: np.ndarray, sizes: list[int], weights: list[int]) -> int:
    """Weighted sum of squared correlations of columns and drifts, up to a factor."""
    linear, quadratic = (
        sum(weight * value**2 for weight, value in zip(weights, row, strict=True))
        for row in shared.tolist()
    )
    return int(_LINEAR * linear * sizes[1] + quadratic * sizes[0])
