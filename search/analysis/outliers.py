"""Runs whose values are so far from all others that they alone decide what counts as noise."""

from __future__ import annotations

from dataclasses import dataclass

from search.analysis.effects import Effect, Effects, effects_of
from search.analysis.far_runs import far_runs, without
from search.results import Results, Run


@dataclass(frozen=True)
class Outliers:
    """Measured runs far from all others."""

    runs: tuple[Run, ...]
    low: float
    """The others' least and greatest value, in percent or in the objective's unit."""
    high: float
    changed: tuple[Effect, ...]
    """Effects without these runs whose verdict is another then, and certain here or there."""


def outliers(results: Results, fitted: Effects) -> Outliers | None:
    """Find the measured runs far from all others, and the verdicts without them.

    None where there are none, or where a caution of their own tells of them.
    """
    if fitted.fit.failing or fitted.fit.outlier:
        return None
    found = far_runs(results)
    if not found:
        return None
    rest = without(results, found)
    there = effects_of(results, rest)
    changed = fitted.changed(there) if there else ()
    others = [run.scaled for run in rest if not run.diverged]
    return Outliers(tuple(found), min(others), max(others), changed)
