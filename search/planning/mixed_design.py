"""Designs with factors of three and four levels, each made of two columns of a two-level design.

Two columns have four combinations, of which each is in a quarter of the runs: four levels; of
three the first takes two of the combinations (Addelman 1962, Technometrics 4). What the product of
the two columns tells is a part of the factor's effect too, so it is kept apart from every product
of two other columns: no effect is aliased with an interaction of two factors of two levels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations

import numpy as np

from search.errors import InputError
from search.planning.design import Design, fraction, possible_runs

_PLACES = {3: (0, 1, 2, 0), 4: (0, 1, 2, 3)}
"""The level of each combination of two columns, by the number of levels."""


def mixed_runs(factors: int, several: int) -> list[int]:
    """The run counts that have a design of two-level factors and of factors with more levels."""
    columns = factors + 2 * several
    return [runs for runs in possible_runs(columns) if _pairs(columns, several, runs) is not None]


def check_mixed_runs(runs: int, factors: int, several: int) -> None:
    """Raise `InputError`, with the counts that are possible, unless `runs` is one."""
    possible = mixed_runs(factors, several)
    if runs not in (0, *possible):
        raise InputError(
            f"--measure {runs} has no balanced design for {factors} factors of two levels and "
            f"{several} of more; it takes 0, {', '.join(map(str, possible[:-1]))} or {possible[-1]}"
        )


def mixed_design(factors: int, several: int, runs: int) -> Design:
    """The columns of a design, (runs, factors + 2 · several): two for a factor of more levels."""
    check_mixed_runs(runs, factors, several)
    columns = factors + 2 * several
    pairs = _pairs(columns, several, runs)
    assert pairs is not None
    of_pairs = [column for pair in pairs for column in pair]
    single = [column for column in range(columns) if column not in of_pairs]
    return np.ascontiguousarray(fraction(columns, runs)[:, [*single, *of_pairs]])


def places(row: np.ndarray, factors: int, levels: Sequence[int]) -> tuple[int, ...]:
    """The place of the level of each factor of more levels, in a row of the design."""
    return tuple(
        _PLACES[count][2 * int(row[factors + 2 * at]) + int(row[factors + 2 * at + 1])]
        for at, count in enumerate(levels)
    )


@cache
def _pairs(columns: int, several: int, runs: int) -> tuple[tuple[int, int], ...] | None:
    """Pairs of columns whose products are those of no other two; None without so many."""
    signs = np.where(fraction(columns, runs), 1, -1)
    every = list(combinations(range(columns), 2))
    products = np.array([signs[:, i] * signs[:, j] for i, j in every])
    alike = np.abs(products @ products.T) > 0
    clear = [pair for pair, row in zip(every, alike, strict=True) if row.sum() == 1]
    return next(_disjoint(clear, several), None)


def _disjoint(
    pairs: Sequence[tuple[int, int]], count: int
) -> Iterator[tuple[tuple[int, int], ...]]:
    """Choices of so many pairs that have no column in common."""
    if not count:
        yield ()
    for at, pair in enumerate(pairs if count else ()):
        rest = [other for other in pairs[at + 1 :] if not set(other) & set(pair)]
        for more in _disjoint(rest, count - 1):
            yield (pair, *more)
