"""The pruners a search may use, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner


@dataclass(frozen=True)
class Pruning:
    """A pruner, and the epochs after which it is asked, as each time it reads the study's trials.

    Epochs and not seconds, so that a seed reproduces a study.
    """

    pruner: BasePruner
    epochs: frozenset[int]
    """After which it may end a run; the first is 1."""
    reads_running: bool
    """True where it compares with more than complete trials."""


def _median(epochs: int, earliest: int) -> Pruning:
    # Some techniques pay late: no run is judged by its first two epochs or its first quarter.
    first = max(1 + max(2, epochs // 4), earliest)
    checked = range(first, epochs, max(1, epochs // 10))
    pruner = MedianPruner(n_startup_trials=4, n_warmup_steps=first)
    return Pruning(pruner, frozenset(checked), reads_running=False)


def _halving(epochs: int, earliest: int) -> Pruning:
    first = max(2, epochs // 8, earliest)
    checked = (first << rung for rung in range(epochs.bit_length()))
    pruner = SuccessiveHalvingPruner(min_resource=first, reduction_factor=2)
    return Pruning(pruner, frozenset(e for e in checked if e < epochs), reads_running=True)


PRUNERS: Mapping[str, Callable[[int, int], Pruning]] = {
    "median": _median,
    "halving": _halving,
    "none": lambda epochs, earliest: Pruning(NopPruner(), frozenset(), reads_running=False),
}
"""By the name that `--pruner` takes: the pruning of runs of a number of epochs, none before the
earliest at which a run may be judged."""
