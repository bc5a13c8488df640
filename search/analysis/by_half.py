"""Effects of techniques in the lower and the upper half of a number, such as a learning rate.

Gradient clipping may pay at high learning rates alone. Where the sampler of another program chose
the rates, the trials with a lower rate than most and those with a higher one are as two levels, at
which an effect may surely differ; see `by_level`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.by_level import LevelEffect, by_level
from search.analysis.cell_means import p_by_cells
from search.analysis.effects import Effects
from search.analysis.looks import look_at
from search.analysis.scale_refit import Scale, conversion
from search.analysis.t_distribution import ALPHA
from search.parameters import Category, Number
from search.results import Results, Run

_MOST_VALUES = 20_000
"""Numbers, times techniques, times trials: of more, it would take longer than all the rest."""


@dataclass(frozen=True)
class EffectByHalf:
    """A technique's effects in both halves of a number, which surely differ."""

    technique: str
    factor: str
    """The number."""
    levels: tuple[LevelEffect, ...]
    """Two, called `< 0.004` and `≥ 0.004`."""
    p_differs: float
    """Two-sided, corrected for all techniques and numbers."""


def effects_by_half(
    results: Results, effects: Effects | None, scale: Scale | None = None
) -> list[EffectByHalf]:
    """Estimate the effects of another program's study in both halves of each number.

    The numbers are those that `effects` are adjusted for. Only techniques of which an effect surely
    differs, corrected for all techniques and numbers, have a row of the number; by the adjusted
    means of the trials too, each with the variance of its own; and also on `scale`, one on which
    the techniques add up better, if there is one.
    """
    if effects is None or not results.foreign:
        return []
    names = effects.fit.model.covariates.numbers
    numbers = [one for one in results.numbers if one.name in names]
    runs = results.of("measure")
    tests = len(numbers) * len(results.factors)
    if tests * len(runs) > _MOST_VALUES:
        return []
    rows = []
    for number in numbers:
        found = _differing(results, runs, number, len(numbers))
        if found and scale is not None:
            there = _differing(results, [*map(conversion(runs, scale), runs)], number, len(numbers))
            known = {row.technique for row in there}
            found = [row for row in found if row.technique in known]
        rows += found
    return rows


def _differing(
    results: Results, runs: Sequence[Run], number: Number, numbers: int
) -> list[EffectByHalf]:
    """The rows of one of so many numbers."""
    upper, split = _halves(runs, number)
    factor = Category(f"half of {number.name}", (f"< {split}", f"≥ {split}"))
    halved = [
        replace(run, params={**run.params, factor.name: factor.levels[high]})
        for run, high in zip(runs, upper, strict=True)
    ]
    rows = by_level(
        halved, results.factors, factor, (factor,), results.objective.maximize, look_at(results),
        results.others,
    )  # fmt: skip
    found = []
    for row in rows:
        p_differs = row.p_differs * numbers
        if p_differs < ALPHA:
            alone = p_by_cells(results, halved, row.technique, factor) * len(rows) * numbers
            p_differs = max(p_differs, alone)
        if p_differs < ALPHA:
            found.append(EffectByHalf(row.technique, number.name, row.levels, p_differs))
    return found


def _halves(runs: Sequence[Run], number: Number) -> tuple[list[bool], str]:
    """Tell which runs are in the upper half of a number's values, and where that begins."""
    values = np.array([run.params[number.name] for run in runs])
    starts = np.unique(values)[1:]
    below = np.array([np.mean(values < start) for start in starts])
    start = starts[int(np.argmin(np.abs(below - 0.5)))].item()
    return (values >= start).tolist(), f"{start:,}" if isinstance(start, int) else f"{start:.3g}"
