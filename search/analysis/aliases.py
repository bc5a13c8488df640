"""Alias structure of the measured runs: techniques and pairs that no run tells apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from search.analysis.model import signs, varied
from search.planning.design import pair_columns
from search.results import Run

_EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class AliasStructure:
    """Correlations of the techniques and of their pairs over the runs."""

    techniques: tuple[str, ...]
    terms: tuple[str, ...]
    """The techniques that vary, then their pairs, `a × b`."""
    correlations: np.ndarray
    """(terms, terms), from −1 to 1; ±1 of terms that no run tells apart."""

    @property
    def sets(self) -> tuple[tuple[str, ...], ...]:
        """Terms that no run tells apart, with a minus before those of the opposite sign."""
        found: list[tuple[str, ...]] = []
        seen: set[int] = set()
        for at in range(len(self.terms)):
            same = np.flatnonzero(np.abs(self.correlations[at]) > 1 - _EQUAL)
            if at not in seen and len(same) > 1:
                seen.update(int(one) for one in same)
                found.append(tuple(
                    ("" if self.correlations[at, one] > 0 else "−") + self.terms[one]
                    for one in same
                ))  # fmt: skip
        return tuple(found)

    @property
    def largest_partial(self) -> float:
        """The largest correlation, in size, below 1; zero in a regular design."""
        sizes = np.abs(self.correlations)
        return float(np.max(sizes[sizes <= 1 - _EQUAL], initial=0.0))

    @property
    def clear(self) -> bool:
        """True where every term is apart from all others."""
        return not self.sets and self.largest_partial < _EQUAL


def alias_structure(measured: Sequence[Run], techniques: Sequence[str]) -> AliasStructure | None:
    """Correlate the techniques and their pairs over the runs; None where fewer than two vary."""
    names = varied(measured, techniques)
    if len(names) < 2:
        return None
    main = signs(measured, names)
    columns = np.column_stack([main, pair_columns(main)])
    columns = columns - columns.mean(axis=0)
    lengths = np.linalg.norm(columns, axis=0)
    # A pair may have one value in all runs; it is then told from no other term, and has no scale.
    columns = columns / np.where(lengths > _EQUAL, lengths, np.inf)
    correlations = columns.T @ columns
    np.fill_diagonal(correlations, 1)
    pairs = [f"{one} × {other}" for one, other in combinations(names, 2)]
    return AliasStructure(names, (*names, *pairs), correlations)
