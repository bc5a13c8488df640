"""Parameters of the networks of all recipes, from those that were counted.

They are no estimate: the same techniques always make the same network. Most techniques do not touch
the count, and those that do are found by leaving out one after another as long as the rest still
tell all counts apart. A combination of these that no run had is predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.least_squares import solve

_MOST = 20
"""Techniques that are looked at; of more, those with which the counts differ most."""


@dataclass(frozen=True, eq=False)
class ParameterCounts:
    """The number of parameters by what decides it."""

    techniques: tuple[int, ...]
    """Places of the techniques that decide it."""
    table: np.ndarray
    """(2**techniques,): bit i is set where technique i of these is on."""
    counted: bool = True
    """True where runs had every combination, so that none is predicted."""

    def of(self, levels: np.ndarray) -> np.ndarray:
        """Look up the counts of recipes, (recipes, techniques) of ±1."""
        return np.asarray(self.table[_masks(levels[:, self.techniques])])

    def everywhere(self, free: Sequence[int], held: np.ndarray) -> np.ndarray:
        """Look up every combination of some techniques, as `Surface.everywhere` does."""
        bits = {technique: 1 << at for at, technique in enumerate(self.techniques)}
        places = np.array([sum(bit for at, bit in bits.items()
                               if at not in free and held[at] > 0)])  # fmt: skip
        for technique in free:
            places = np.concatenate([places, places + bits.get(technique, 0)])
        return np.asarray(self.table[places])

    def added(self, technique: int) -> float:
        """The parameters that a technique adds, averaged over whatever else is on; 0 of one
        that does not count."""
        if technique not in self.techniques:
            return 0.0
        is_on = np.arange(len(self.table)) >> self.techniques.index(technique) & 1 > 0
        return float(self.table[is_on].mean() - self.table[~is_on].mean())


def parameter_counts(levels: np.ndarray, counts: np.ndarray) -> ParameterCounts | None:
    """Learn the counts of runs, (runs,), with levels (runs, techniques); None where all are
    equal."""
    if not len(counts) or not np.ptp(counts) > 0:
        return None
    spread = np.abs((counts - counts.mean()) @ levels)
    order = [int(one) for one in np.argsort(spread, kind="stable")][-_MOST:]
    kept = list(order)
    for one in order:
        rest = [other for other in kept if other != one]
        if rest and _decide(levels[:, rest], counts):
            kept = rest
    kept.sort()
    masks = _masks(levels[:, kept])
    table = _rounded(_predicted(levels[:, kept], counts))
    had = np.unique(masks)
    for mask in had:
        table[mask] = counts[masks == mask].mean()
    return ParameterCounts(tuple(kept), table, len(had) == len(table))


def _decide(levels: np.ndarray, counts: np.ndarray) -> bool:
    """Check that runs with the same levels have the same count."""
    return len({*zip(_masks(levels).tolist(), counts.tolist(), strict=True)}) == len(
        np.unique(_masks(levels))
    )


def _predicted(levels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Predict all combinations, (2**techniques,), as if each technique multiplied the count."""
    main = np.column_stack([np.ones(len(levels)), levels])
    first, *slopes = solve(main, np.log(counts))
    logs = np.array([first])
    for slope in slopes:
        logs = np.concatenate([logs - slope, logs + slope])
    return np.asarray(np.exp(logs))


def _rounded(counts: np.ndarray) -> np.ndarray:
    """Counts to three digits, as a prediction knows no more of them."""
    steps = 10.0 ** np.maximum(np.floor(np.log10(counts)) - 2, 0)
    return np.asarray(np.rint(counts / steps) * steps)


def _masks(levels: np.ndarray) -> np.ndarray:
    """(runs,): a bit for each technique that is on."""
    return np.asarray((levels > 0) @ (1 << np.arange(levels.shape[1])), dtype=np.int64)
