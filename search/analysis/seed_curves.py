"""Learning curves of one recipe's runs, which differ by their seeds alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.epochs import shared_epochs
from search.results import Run


@dataclass(frozen=True)
class Band:
    """The mean of several curves, and the lowest and the highest of them, after each epoch."""

    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(cls, curves: Sequence[Sequence[float]]) -> Band:
        """Summarise curves of the same epochs."""
        values = np.array(curves)
        ends = (values.mean(axis=0), values.min(axis=0), values.max(axis=0))
        return cls(*(tuple(end.tolist()) for end in ends))


@dataclass(frozen=True)
class SeedCurves:
    """The objective of some runs of one recipe by epoch, in percent of a share or in its unit."""

    runs: int
    epochs: tuple[int, ...]
    validation: Band
    training: Band | None
    """On training images, neither augmented nor mixed; None where it was not kept."""


def seed_curves(runs: Sequence[Run]) -> SeedCurves | None:
    """Summarise the curves over the epochs that every run reached; None where there are none."""
    runs = [run for run in runs if run.curve and not run.diverged]
    epochs = shared_epochs(runs)
    if not runs or not epochs:
        return None
    validation = [[run.scale * run.curve[epoch] for epoch in epochs] for run in runs]
    training = [
        [run.scale * run.training[epoch - 1] for epoch in epochs] for run in runs
        if run.training is not None and len(run.training) >= max(epochs)
    ]  # fmt: skip
    return SeedCurves(
        len(runs), epochs, Band.of(validation),
        Band.of(training) if len(training) == len(runs) else None,
    )  # fmt: skip
