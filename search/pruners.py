"""The pruners a search may use, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner


def _median(epochs: int) -> BasePruner:
    # Some techniques pay late: no run is judged by its first two epochs or its first quarter.
    return MedianPruner(n_startup_trials=4, n_warmup_steps=1 + max(2, epochs // 4))


def _halving(epochs: int) -> BasePruner:
    return SuccessiveHalvingPruner(min_resource=max(2, epochs // 8), reduction_factor=2)


PRUNERS: Mapping[str, Callable[[int], BasePruner]] = {
    "median": _median,
    "halving": _halving,
    "none": lambda epochs: NopPruner(),
}
"""Each builds the pruner for runs of so many epochs."""
