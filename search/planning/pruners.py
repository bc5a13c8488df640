"""The pruners a search may use, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner


@dataclass(frozen=True)
class Pruning:
    """A pruner, and when to ask it: each time it reads the study's trials.

    By epochs and not by time, so that a seed reproduces a study.
    """

    pruner: BasePruner
    looks: frozenset[int]
    """The epochs, from 1, after which it may end a run."""
    reads_running: bool
    """Whether it compares with more than complete trials."""


def _median(epochs: int) -> Pruning:
    # Some techniques pay late: no run is judged by its first two epochs or its first quarter.
    first = 1 + max(2, epochs // 4)
    looks = range(first, epochs, max(1, epochs // 10))
    pruner = MedianPruner(n_startup_trials=4, n_warmup_steps=first)
    return Pruning(pruner, frozenset(looks), reads_running=False)


def _halving(epochs: int) -> Pruning:
    first = max(2, epochs // 8)
    looks = (first << rung for rung in range(epochs.bit_length()))
    pruner = SuccessiveHalvingPruner(min_resource=first, reduction_factor=2)
    return Pruning(pruner, frozenset(e for e in looks if e < epochs), reads_running=True)


PRUNERS: Mapping[str, Callable[[int], Pruning]] = {
    "median": _median,
    "halving": _halving,
    "none": lambda epochs: Pruning(NopPruner(), frozenset(), reads_running=False),
}
"""Each builds the pruning of runs of so many epochs."""
