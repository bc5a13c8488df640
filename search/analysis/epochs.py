"""The effect of each technique after each epoch: when it starts to pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.model import build, fit
from search.results import Run


@dataclass(frozen=True)
class EpochEffects:
    """One technique's effect after each epoch, in its unit, with the ends of its 95 % intervals."""

    technique: str
    epochs: tuple[int, ...]
    effect: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    pays_from: int | None
    """The first epoch from which on every interval lies on one side of zero; None without one."""


def effects_by_epoch(
    runs: Sequence[Run],
    techniques: Sequence[str],
    repeats: Sequence[Sequence[Run]] = (),
) -> list[EpochEffects]:
    """The fit of `effects`, to the objective after each epoch that every run reached.

    Largest at the last epoch first. Intervals are of one epoch each. Empty where the runs keep no
    objective by epoch.
    """
    measured = [run for run in runs if run.value is not None]
    epochs = shared_epochs(measured)
    whole = [group for group in repeats if set(epochs) <= set(shared_epochs(group))]
    model = build(measured, techniques, sum(len(group) - 1 for group in whole))
    if model is None or not epochs:
        return []
    fitted = fit(model, _curves(measured, epochs), [_curves(group, epochs) for group in whole])
    found = []
    for name in model.techniques:
        if not model.estimable(contrast := model.technique_contrast(name)):
            continue
        middle, error = fitted.estimate(contrast)
        low, high = middle - fitted.half * error, middle + fitted.half * error
        lines = [tuple(map(float, line)) for line in (middle, low, high)]
        found.append(
            EpochEffects(name, epochs, lines[0], lines[1], lines[2], _pays_from(epochs, low, high))
        )
    return sorted(found, key=lambda row: -abs(row.effect[-1]))


def shared_epochs(runs: Sequence[Run]) -> tuple[int, ...]:
    """The epochs that every run reached; one that diverged stays where that left it."""
    reached = [set(run.curve) for run in runs if not run.diverged]
    return tuple(sorted(set.intersection(*reached))) if reached else ()


def _curves(runs: Sequence[Run], epochs: Sequence[int]) -> np.ndarray:
    return np.array(
        [[run.scale * run.curve.get(epoch, run.value or 0) for epoch in epochs] for run in runs]
    )


def _pays_from(epochs: Sequence[int], low: np.ndarray, high: np.ndarray) -> int | None:
    side = np.where(low > 0, 1, np.where(high < 0, -1, 0))
    if side[-1] == 0:
        return None
    others = np.flatnonzero(side != side[-1])
    return epochs[int(others[-1]) + 1 if len(others) else 0]
