"""The article's table, re-run over several seeds: what each step added in that one order."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from search.analysis.confirmation import Mean, mean
from search.analysis.student import quantile
from search.results import Results, Run


@dataclass(frozen=True)
class Step:
    """One step of the ladder."""

    adds: str
    """The techniques that are on here and were not at the step before; "base" at the first."""
    runs: int
    accuracy: Mean
    """Validation accuracy over the seeds, in percent."""
    change: float
    """Points gained over the step before, with the ends of its 95 % interval; NaN at the first."""
    low: float
    high: float


def ladder(results: Results) -> list[Step]:
    """The steps in order; the intervals of the changes share one estimate of the seeds' noise."""
    groups: dict[frozenset[str], list[float]] = {}
    for run in results.of("ladder"):
        groups.setdefault(_on(run, results.factors), []).append(100 * (run.accuracy or 0))
    steps = sorted(groups.items(), key=lambda group: len(group[0]))
    freedom = sum(len(values) - 1 for _, values in steps)
    squares = sum((len(values) - 1) * statistics.variance(values) for _, values in steps
                  if len(values) > 1)  # fmt: skip
    noise = math.sqrt(squares / freedom) if freedom else math.nan
    found: list[Step] = []
    before: tuple[frozenset[str], list[float]] | None = None
    for on, values in steps:
        change = half = math.nan
        if before is not None:
            change = statistics.fmean(values) - statistics.fmean(before[1])
            half = quantile(freedom) * noise * math.sqrt(1 / len(values) + 1 / len(before[1]))
        added = on - (before[0] if before else frozenset())
        names = [name for name in results.factors if name in added]
        found.append(
            Step(
                " + ".join(names) or "base",
                len(values),
                mean(values),
                change,
                change - half,
                change + half,
            )
        )
        before = on, values
    return found


def _on(run: Run, factors: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for name in factors if run.params.get(name))
