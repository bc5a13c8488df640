"""A planned run, before it is a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from search.planning.design import Design
from search.planning.run_order import by_size, run_order
from search.results import Run
from search.settings import Settings
from search.storage.schema import Phase


@dataclass(frozen=True)
class Planned:
    """A run that a phase asks for.

    `params` are its trial's parameters, or None where a sampler chooses them. A phase, a seed
    and parameters name a planned run for ever: this is how a resumed study knows what it has.
    """

    phase: Phase
    seed: int
    params: Mapping[str, Any] | None

    def is_run(self, run: Run) -> bool:
        """Tell a try at this run from others."""
        return (run.phase, run.seed) == (self.phase, self.seed) and (
            self.params is None or self.params == run.params
        )


_NUMBERS: tuple[Phase, ...] = ("measure", "ladder", "search", "confirm", "verify")
"""The phases in the order in which kouka came to have them, so that seeds never change."""


def run_seed(study_seed: int, phase: Phase, *indices: int) -> int:
    """A seed of its own for each run of a study, the same at every launch."""
    sequence = np.random.SeedSequence([study_seed, _NUMBERS.index(phase), *indices])
    return int(sequence.generate_state(1)[0]) >> 1  # Keras takes 31 bits everywhere


def in_order(
    phase: Phase, settings: Settings, rows: Design, sizes: tuple[int, ...]
) -> list[tuple[int, np.ndarray]]:
    """The rows of a design that grew to `sizes`, each with its number in the design.

    In an order drawn at random within each size it grew to, which keeps a drift of the machine or
    of its load out of the effects.
    """
    seed = run_seed(settings.seed, phase)
    balanced = settings.order == "balanced"
    numbers = _numbers(rows.tobytes(), rows.shape[1], sizes, seed, balanced)
    return [(number, rows[number]) for number in numbers]


@cache
def _numbers(
    rows: bytes, techniques: int, sizes: tuple[int, ...], seed: int, balanced: bool
) -> tuple[int, ...]:
    random = np.random.default_rng(seed)
    design = np.frombuffer(rows, bool).reshape(-1, techniques)

    def order(block: Design) -> np.ndarray:
        return run_order(block, random) if balanced else random.permutation(len(block))

    return tuple(by_size(design, sizes, order))
