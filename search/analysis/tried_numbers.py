"""The values of numbers that trials with each choice of a recipe had.

What a fit says beyond them is no more than the shape of its curves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class TriedNumbers:
    """The least and the greatest scaled value of each number, by the choice."""

    everywhere: np.ndarray
    """(numbers, 2): of all trials."""
    by_choice: Mapping[str, np.ndarray]
    """(numbers, 2) each."""

    @staticmethod
    def of(choices: Sequence[Sequence[str]], values: np.ndarray) -> TriedNumbers:
        """Learn them of trials with some choices and scaled values, (trials, numbers), each."""
        rows: dict[str, list[int]] = {}
        for at, named in enumerate(choices):
            for choice in named:
                rows.setdefault(choice, []).append(at)
        found = {choice: _range(values[places]) for choice, places in rows.items()}
        return TriedNumbers(_range(values), found)

    def within(self, choices: Sequence[str]) -> np.ndarray:
        """Find what trials with each of some choices had, (numbers, 2).

        The ends are in the wrong order where these have no value in common. A choice that no trial
        had tells nothing.
        """
        each = [self.by_choice[one] for one in choices if one in self.by_choice]
        every = np.array([self.everywhere, *each])
        return np.column_stack([every[:, :, 0].max(axis=0), every[:, :, 1].min(axis=0)])


def _range(values: np.ndarray) -> np.ndarray:
    return np.column_stack([values.min(axis=0), values.max(axis=0)])
