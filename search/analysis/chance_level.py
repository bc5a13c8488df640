"""Runs that reached no more than a constant prediction does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search.analysis.classes import class_sizes
from search.objective import ACCURACY
from search.results import Results, Run

_ROUNDING = 1e-6
"""In points."""


@dataclass(frozen=True)
class AtChanceLevel:
    """Measured runs whose networks learned nothing, and the techniques that set them apart."""

    runs: int
    measured: int
    """All measured runs."""
    level: float
    """Percent, of predicting the same class every time."""
    on: tuple[str, ...]
    """Techniques that are on in all of these runs and, with `off`, in no others; else empty."""
    off: tuple[str, ...]
    """Techniques that are off in all of them."""


def constant_level(results: Results) -> float | None:
    """Return the objective of predicting the same class every time, in percent.

    None where the study does not say how large its classes are, or its objective is no share.
    """
    sizes = class_sizes(results, "validation")
    if sizes is None or not results.objective.share:
        return None
    return 100 * (sizes.largest_share if results.objective == ACCURACY else 1 / sizes.classes)


def reached_no_more(run: Run, level: float | None) -> bool:
    """Tell whether a run reached no more than a constant prediction; False of an unknown `level`.

    By the validation images, and not by those to test on, whose mean would be of the luckier runs.
    """
    return level is not None and run.scaled <= level + _ROUNDING


def in_common(runs: Sequence[Run], factors: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the techniques that are on in all of some runs, and those that are off in all."""
    on = frozenset.intersection(*(run.on for run in runs))
    return on, frozenset(factors).difference(*(run.on for run in runs))


def at_chance_level(results: Results) -> AtChanceLevel | None:
    """Find measured runs that did not diverge and yet reached no more than a constant prediction.

    None where there are none, or where `constant_level` is not known.
    """
    level = constant_level(results)
    if level is None:
        return None
    measured = results.of("measure")
    low = [run for run in measured if not run.diverged and reached_no_more(run, level)]
    if not low:
        return None
    on, off = in_common(low, results.factors)
    alike = [run for run in measured if on <= run.on and not off & run.on]
    if len(alike) > len(low):
        on = off = frozenset()
    return AtChanceLevel(
        len(low),
        len(measured),
        level,
        tuple(name for name in results.factors if name in on),
        tuple(name for name in results.factors if name in off),
    )
