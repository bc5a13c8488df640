"""Recipes that fail together: runs with some techniques on and others off that come out far worse.

A network without skips or normalization may not learn at all. That is an interaction of two or
three techniques, and in a small design it is aliased with the effects of innocent ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import combinations, groupby, product
from statistics import fmean

import numpy as np

from search.analysis.least_squares import solve
from search.results import Run

LARGEST = 3
"""Techniques that a cell is made of, at most."""
_LEAST_RUNS = 2
_SURE_RUNS = 3
"""Two may have diverged by chance, and in a small design some cell of three has them."""
_UNEXPLAINED = 0.3
"""Share of what the techniques alone leave that may stay unexplained by the one cell that is the
explanation, where it is a sum of many interactions."""
_MANY = 14
"""Interactions; of fewer, less may stay unexplained, as some cell fits them by chance."""

_MOST_MEMBERS = 20_000_000
"""Runs times cells of three techniques, above which those of two alone are looked at."""
_ALIKE = 0.95
"""Share of what the best cell explains from which another is an explanation as well."""
_FLAT = 0.4
"""Ratio of the spread in a cell to the one that the techniques' effects predict there: below it,
the runs of the cell all reach one value."""


@dataclass(frozen=True)
class Cell:
    """A combination of techniques, each on or off."""

    on: tuple[str, ...]
    off: tuple[str, ...]

    @property
    def techniques(self) -> int:
        """Number of techniques in it."""
        return len(self.on) + len(self.off)

    def has(self, on: Set[str]) -> bool:
        """Tell whether a recipe, by what is on, is one of it."""
        return on >= {*self.on} and not any(name in on for name in self.off)

    @property
    def parts(self) -> tuple[Cell, ...]:
        """Itself; where more techniques than three share its runs, each three of them, any of which
        may be the reason."""
        if self.techniques <= LARGEST:
            return (self,)
        sides = [*((name, True) for name in self.on), *((name, False) for name in self.off)]
        return tuple(
            Cell(
                tuple(name for name, on in three if on),
                tuple(name for name, on in three if not on),
            )
            for three in combinations(sides, LARGEST)
        )


@dataclass(frozen=True)
class FailingCell:
    """A cell's runs beside all others, in percent or the objective's unit."""

    cell: Cell
    runs: int
    mean: float
    others: float
    """Mean of the runs outside."""
    apart: bool
    """True where all of its runs are worse than any other, or all better."""


def failing_cell(cell: Cell | None, measured: Sequence[Run]) -> FailingCell | None:
    """Compare a cell's runs with the others; None without a cell."""
    if cell is None:
        return None
    on, off = frozenset(cell.on), frozenset(cell.off)
    here: list[float] = []
    others: list[float] = []
    for run in measured:
        (here if on <= run.on and not off & run.on else others).append(run.scaled)
    apart = max(here) < min(others) or max(others) < min(here)
    return FailingCell(cell, len(here), fmean(here), fmean(others), apart)


def dominant_cells(
    levels: np.ndarray, values: np.ndarray, names: Sequence[str]
) -> tuple[Cell, ...]:
    """The cells that explain most of what a sum of effects leaves of the values.

    `levels` is (runs, techniques) of ±1, `values` (runs,). Empty where no cell explains seven
    tenths of the residual sum of squares, or more in small designs; several where they explain
    nearly as much as the best, as in a design whose three-way interactions are those of other
    techniques. The first is the one beside which the techniques' own effects are smallest: of two
    that explain as much, one's runs may fail and the other's be as good as any. Where a cell's
    runs share the level of other techniques too, these are in it: the runs cannot tell which act
    together. A cell of two techniques is an interaction like others, which confounds no effect,
    unless its runs reach one value whatever else is on.
    """
    runs, techniques = levels.shape
    if techniques < 2:
        return ()
    main = np.column_stack([np.ones(runs), levels])
    basis, _ = np.linalg.qr(main)
    left = values - basis @ (basis.T @ values)
    total = float(left @ left)
    dominant = (1 - _UNEXPLAINED * min(1.0, (runs - 1 - techniques) / _MANY)) * total
    cells, members = _cells(techniques, _largest(levels)), _members(levels)
    enough = (members.sum(axis=0) >= _LEAST_RUNS) & (members.sum(axis=0) <= runs // 2)
    if total <= 1e-12 * float(values @ values):
        return ()
    apart = members - basis @ (basis.T @ members)
    lengths = np.sum(apart**2, axis=0)
    usable = enough & (lengths > 1e-9)
    if not usable.any():
        return ()
    explained = np.where(usable, (left @ apart) ** 2 / np.where(usable, lengths, 1), 0)
    for place in np.flatnonzero(explained >= dominant):
        inside = members[:, place] > 0
        if len(cells[place]) == 2 and not _is_flat(values[inside], (values - left)[inside]):
            explained[place] = 0
    best = int(np.argmax(explained))
    if explained[best] < dominant:
        return ()
    alike = np.flatnonzero(explained >= max(_ALIKE * explained[best], dominant))
    order = sorted(alike, key=lambda place: _other_effects(main, members[:, place], values))
    return tuple(dict.fromkeys(_cell(members[:, place], levels, names) for place in order))


def _other_effects(main: np.ndarray, inside: np.ndarray, values: np.ndarray) -> float:
    """Sum of the sizes of the techniques' coefficients where a cell explains the rest."""
    fitted = solve(np.column_stack([main, inside]), values)
    return float(np.sum(np.abs(fitted[1:-1])))


def _cell(members: np.ndarray, levels: np.ndarray, names: Sequence[str]) -> Cell:
    """The cell of these runs, (runs,), with all techniques whose level they share."""
    sums = members @ levels / members.sum()
    return Cell(
        tuple(name for name, side in zip(names, sums, strict=True) if side == 1),
        tuple(name for name, side in zip(names, sums, strict=True) if side == -1),
    )


def coefficients_beside(
    cell: Cell, levels: np.ndarray, values: np.ndarray, names: Sequence[str]
) -> np.ndarray:
    """Estimate the techniques' coefficients with the cell in the place of all interactions.

    `levels` is (runs, techniques) of ±1, `values` (runs, responses). In the cell the values either
    lose some points, or reach one value whatever else is on, by what fits them better. Returns
    (techniques, responses), averaged over all recipes as those of the pairwise model are.
    """
    side, inside = _inside(cell, levels, names)
    share = 0.5**cell.techniques
    main = np.column_stack([np.ones(len(levels)), levels])
    outside = solve(main[~inside], values[~inside])[1:]
    slopes = np.where(side[:, np.newaxis] == 0, outside, 0)
    columns = np.column_stack([main, inside])
    best = np.full(values.shape[1], np.inf)
    found = np.zeros_like(slopes)
    for lost in (0 * slopes, slopes):
        without = values + inside[:, np.newaxis] * (levels @ lost)
        fitted = solve(columns, without)
        left = np.sum((without - columns @ fitted) ** 2, axis=0)
        averaged = fitted[1:-1] + share * (side[:, np.newaxis] * fitted[-1] - lost)
        found = np.where(left < best, averaged, found)
        best = np.minimum(left, best)
    return found


def is_cell(levels: np.ndarray, inside: np.ndarray) -> bool:
    """Tell whether some runs, (runs,) of booleans, are all those of a cell that may fail for sure.

    `levels` is (runs, techniques) of ±1. Two are where the cell is of two techniques alone.
    """
    if levels.shape[1] < 2:
        return False
    members = _members(levels)
    same = np.flatnonzero(np.all(members == inside[:, np.newaxis], axis=0))
    sizes = [len(_cells(levels.shape[1], _largest(levels))[place]) for place in same]
    return bool(sizes) and (int(inside.sum()) >= _SURE_RUNS or min(sizes) < LARGEST)


def is_sure(cell: Cell, levels: np.ndarray, names: Sequence[str]) -> bool:
    """Tell whether a cell that fails has runs enough to do so by more than chance."""
    return is_cell(levels, _inside(cell, levels, names)[1])


def _inside(cell: Cell, levels: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The level of each technique in a cell, (techniques,), 0 for either, and its runs, (runs,)."""
    side = np.array([(name in cell.on) * 1.0 - (name in cell.off) * 1.0 for name in names])
    return side, np.all((levels == side) | (side == 0), axis=1)


def _is_flat(values: np.ndarray, fitted: np.ndarray) -> bool:
    """Tell values that spread far less than the techniques alone would have them spread."""
    return bool(np.std(values) < _FLAT * np.std(fitted))


def _members(levels: np.ndarray) -> np.ndarray:
    """(runs, cells): 1.0 where a run is in a cell."""
    members, small = [], levels.astype(np.int8)
    for _, cells in groupby(_cells(levels.shape[1], _largest(levels)), key=len):
        places, sides = np.moveaxis(np.array(list(cells)), 2, 0)
        members.append(np.all(small[:, places] == sides.astype(np.int8), axis=2))
    return np.concatenate(members, axis=1).astype(float)


def _largest(levels: np.ndarray) -> int:
    """Techniques of the largest cells looked at; fewer where these would fill the memory."""
    runs, techniques = levels.shape
    return LARGEST if 8 * runs * math.comb(techniques, 3) <= _MOST_MEMBERS else LARGEST - 1


@cache
def _cells(techniques: int, largest: int) -> list[tuple[tuple[int, int], ...]]:
    """Places and sides of all cells of two techniques and of three, or of two alone."""
    return [
        tuple(zip(places, sides, strict=True))
        for size in range(2, largest + 1)
        for places in combinations(range(techniques), size)
        for sides in product((1, -1), repeat=size)
    ]
