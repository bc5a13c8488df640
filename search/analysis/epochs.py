"""Effects of the techniques after each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.fit import fit
from search.analysis.looks import ALONE, Look
from search.analysis.model import build
from search.analysis.t_distribution import critical_value, quantile
from search.parameters import Category, Number
from search.results import Run


@dataclass(frozen=True)
class SignTurn:
    """The epoch from which an effect has its final sign, where it clearly had the other before."""

    epoch: int
    """The first epoch from which on the estimate keeps its sign."""
    low: int
    """The last epoch at which the interval excludes zero on the former side."""
    high: int
    """The first epoch after it at which the interval excludes zero on the final side."""


@dataclass(frozen=True)
class EpochEffects:
    """One effect after each epoch, in its unit, with the ends of 95 % intervals."""

    technique: str
    epochs: tuple[int, ...]
    effect: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    pays_from: int | None
    """First epoch from which on every interval is on the same side of zero; None where the effect
    after the last epoch is not clear, by the test that verdicts go by, or verdicts are not due."""
    turn: SignTurn | None = None
    """Where the effect turns its sign: clear after the last epoch as `pays_from` has it, and on the
    other side before by a test corrected for the number of techniques and of epochs."""


def effects_by_epoch(
    runs: Sequence[Run],
    techniques: Sequence[str],
    repeats: Sequence[Sequence[Run]] = (),
    look: Look = ALONE,
    others: Sequence[Category | Number] = (),
) -> list[EpochEffects]:
    """Estimate the effects, as `effects` does, after each epoch that every run reached.

    Sorted by the last epoch, largest first. Each interval is for one epoch alone. Empty where the
    runs have no curves.
    """
    epochs = shared_epochs(runs)
    whole = [group for group in repeats if set(epochs) <= set(shared_epochs(group))]
    model = build(runs, techniques, sum(len(group) - 1 for group in whole), others)
    if model is None or not epochs:
        return []
    fitted = fit(model, _curves(runs, epochs), [_curves(group, epochs) for group in whole])
    rows = []
    known = model.estimable_names
    for name in known:
        contrast = model.technique_contrast(name)
        effect, error = fitted.estimate(contrast)
        dof = fitted.dof_of(contrast)
        least = critical_value(dof, len(known), look.alpha(len(known)))
        margin = quantile(dof) * error
        low, high = effect - margin, effect + margin
        lines = [tuple(map(float, line)) for line in (effect, low, high)]
        clear = abs(effect[-1]) > least * error[-1] and look.complete
        pays = _pays_from(epochs, low, high) if clear else None
        before = critical_value(dof, len(known) * len(epochs))
        other_side = -np.sign(effect[-1]) * effect > before * error
        turn = _turn(epochs, effect, low, high) if clear and other_side.any() else None
        rows.append(EpochEffects(name, epochs, lines[0], lines[1], lines[2], pays, turn))
    return sorted(rows, key=lambda row: -abs(row.effect[-1]))


def shared_epochs(runs: Sequence[Run]) -> tuple[int, ...]:
    """Epochs that every run reached; those that diverged are not asked."""
    reached = [set(run.curve) for run in runs if not run.diverged]
    return tuple(sorted(set.intersection(*reached))) if reached else ()


def _curves(runs: Sequence[Run], epochs: Sequence[int]) -> np.ndarray:
    return np.array(
        [[run.scale * run.curve.get(epoch, run.value or 0) for epoch in epochs] for run in runs]
    )


def _turn(epochs: Sequence[int], effect: np.ndarray, low: np.ndarray, high: np.ndarray) -> SignTurn:
    """Find where an effect turns to its last sign; it has been clear on both sides.

    The interval is the inversion of a test that the effect is zero at an epoch, cut at the first
    rejection on the final side: an epoch or two after it may not be clear again.
    """
    final = np.sign(effect[-1])
    former = int(np.flatnonzero((high < 0) if final > 0 else (low > 0))[-1])
    later = np.flatnonzero((low > 0) if final > 0 else (high < 0))
    turned = int(np.flatnonzero(np.sign(effect) != final)[-1]) + 1
    return SignTurn(epochs[turned], epochs[former], epochs[int(later[later > former][0])])


def _pays_from(epochs: Sequence[int], low: np.ndarray, high: np.ndarray) -> int | None:
    side = np.where(low > 0, 1, np.where(high < 0, -1, 0))
    if side[-1] == 0:
        return None
    others = np.flatnonzero(side != side[-1])
    return epochs[int(others[-1]) + 1 if len(others) else 0]
