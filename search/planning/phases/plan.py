"""A planned run, before it is a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.results import Run
from search.storage.schema import PHASES, Phase


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


def run_seed(study_seed: int, phase: Phase, *indices: int) -> int:
    """A seed of its own for each run of a study, the same at every launch."""
    sequence = np.random.SeedSequence([study_seed, PHASES.index(phase), *indices])
    return int(sequence.generate_state(1)[0]) >> 1  # Keras takes 31 bits everywhere
