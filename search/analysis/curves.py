"""Mean learning curves with a technique on and off, from the `measure` runs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from search.analysis.epochs import shared_epochs
from search.results import Run


@dataclass(frozen=True)
class Curves:
    """Mean objective after each epoch over the runs with a technique on, and over those without.

    In percent of a share, else in the objective's unit.
    """

    technique: str
    epochs: tuple[int, ...]
    on: tuple[float, ...]
    off: tuple[float, ...]


def curves(runs: Sequence[Run], techniques: Sequence[str]) -> list[Curves]:
    """Average the runs' curves, a pair a technique, over the epochs that every run reached."""
    full = [run for run in runs if run.curve and not run.diverged]
    epochs = shared_epochs(full)
    rows = []
    for technique in techniques:
        on = [run for run in full if technique in run.on]
        off = [run for run in full if technique not in run.on]
        if epochs and on and off:
            rows.append(Curves(technique, epochs, _mean(on, epochs), _mean(off, epochs)))
    return rows


def _mean(runs: Sequence[Run], epochs: Sequence[int]) -> tuple[float, ...]:
    return tuple(statistics.fmean(run.scale * run.curve[epoch] for run in runs) for epoch in epochs)
