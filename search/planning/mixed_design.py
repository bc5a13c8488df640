"""Designs with factors of three and four levels, each made of two columns of a two-level design.

A factor of two levels has one column, as a technique has.

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

from search.errors import InputError, one_of
from search.planning.design import Design, fraction, possible_runs

_PLACES = {2: (0, 1), 3: (0, 1, 2, 0), 4: (0, 1, 2, 3)}
"""The level of each combination of a factor's columns, by the number of levels."""


def mixed_runs(factors: int, levels: Sequence[int], words: str = "all") -> list[int]:
    """The run counts that have a design of so many techniques and of factors of so many levels.

    `words` are those of `search.planning.design.fraction`.
    """
    columns, paired = _columns(factors, levels)
    possible = possible_runs(columns)
    # What a design has, one of more runs has too, whose search takes longer.
    has = (
        at for at, runs in enumerate(possible) if _pairs(columns, paired, runs, words) is not None
    )
    return possible[next(has, len(possible)) :]


def check_mixed_runs(runs: int, factors: int, levels: Sequence[int], words: str) -> None:
    """Raise `InputError`, with the counts that are possible, unless `runs` is one."""
    possible = mixed_runs(factors, levels, words)
    if runs not in (0, *possible):
        two = factors + sum(count == 2 for count in levels)
        several = factors + len(levels) - two
        beside = f" and {several} of more" if several else ""
        raise InputError(
            f"--measure {runs} has no balanced design for {two} factors of two levels{beside}; it "
            f"takes {one_of([0, *possible])}"
        )


def mixed_design(factors: int, levels: Sequence[int], runs: int, words: str = "all") -> Design:
    """The columns of a design, (runs, columns): those of the techniques, then of each factor."""
    check_mixed_runs(runs, factors, levels, words)
    columns, paired = _columns(factors, levels)
    pairs = _pairs(columns, paired, runs, words)
    assert pairs is not None
    of_pairs = {column for pair in pairs for column in pair}
    single = [column for column in range(columns) if column not in of_pairs]
    order, more, two = single[:factors], iter(single[factors:]), iter(pairs)
    for count in levels:
        order += [next(more)] if count == 2 else next(two)
    return np.ascontiguousarray(fraction(columns, runs, words)[:, order])


def places(row: np.ndarray, factors: int, levels: Sequence[int]) -> tuple[int, ...]:
    """The place of the level of each factor, after those of the techniques, in a row."""
    found = []
    bits = iter(row[factors:])
    for count in levels:
        number = int(next(bits))
        if count > 2:
            number = 2 * number + int(next(bits))
        found.append(_PLACES[count][number])
    return tuple(found)


def _columns(factors: int, levels: Sequence[int]) -> tuple[int, int]:
    """The columns of a design, and how many factors have two of them."""
    paired = sum(count > 2 for count in levels)
    return factors + len(levels) + paired, paired


@cache
def _pairs(columns: int, several: int, runs: int, words: str) -> tuple[tuple[int, int], ...] | None:
    """Pairs of columns whose products are those of no other two; None without so many."""
    if not several:
        return ()
    signs = np.where(fraction(columns, runs, words), 1, -1)
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
