"""The article's table, re-run over several seeds: what each step added in that one order."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.confirmation import Mean, mean
from search.analysis.effects import Effects
from search.analysis.t_distribution import CONFIDENCE, quantile, welch
from search.results import Results


@dataclass(frozen=True)
class Step:
    """One step of the ladder."""

    added: tuple[str, ...]
    """The techniques that are on here and were not at the step before; none at the first."""
    runs: int
    scaled: Mean
    """The objective over the seeds, in percent of a share, else in its unit."""
    change: float
    """Points gained over the step before, with the ends of its 95 % interval; NaN at the first."""
    low: float
    high: float
    error: float
    """Standard error of the change, in points."""
    freedom: int
    """Degrees of freedom of that error."""

    @property
    def adds(self) -> str:
        """What the step adds, in words; "base" at the first."""
        return " + ".join(self.added) or "base"


@dataclass(frozen=True)
class Comparison:
    """A step of the ladder beside the same techniques' effects, which hold for any order."""

    step: Step
    effect: float
    """The sum of the effects of what the step adds, in points."""
    low: float
    """Ends of its 95 % interval."""
    high: float
    p_value: float
    """Of no difference between the two; corrected for the number of steps (Šidák 1967)."""

    @property
    def disagree(self) -> bool:
        """Whether the difference is more than seeds explain."""
        return self.p_value < 1 - CONFIDENCE


def ladder(results: Results) -> list[Step]:
    """The steps in order; the intervals of the changes share one estimate of the seeds' noise."""
    groups: dict[frozenset[str], list[float]] = {}
    for run in results.of("ladder"):
        groups.setdefault(run.on, []).append(run.scaled)
    steps = sorted(groups.items(), key=lambda group: len(group[0]))
    freedom = sum(len(values) - 1 for _, values in steps)
    squares = sum((len(values) - 1) * statistics.variance(values) for _, values in steps
                  if len(values) > 1)  # fmt: skip
    noise = math.sqrt(squares / freedom) if freedom else math.nan
    found: list[Step] = []
    before: tuple[frozenset[str], list[float]] | None = None
    for on, values in steps:
        change = error = math.nan
        if before is not None:
            change = statistics.fmean(values) - statistics.fmean(before[1])
            error = noise * math.sqrt(1 / len(values) + 1 / len(before[1]))
        half = quantile(freedom) * error
        added = on - (before[0] if before else frozenset())
        names = tuple(name for name in results.factors if name in added)
        found.append(
            Step(names, len(values), mean(values, results.objective), change, change - half,
                 change + half, error, freedom)
        )  # fmt: skip
        before = on, values
    return found


def compare(steps: Sequence[Step], found: Effects | None) -> list[Comparison]:
    """Each step that adds something beside the order-free effects of what it adds."""
    if found is None:
        return []
    fitted, model = found.fit, found.fit.model
    rows = []
    for step in steps:
        if not step.added or not set(step.added) <= set(model.techniques):
            continue
        contrast = np.sum([model.technique_contrast(name) for name in step.added], axis=0)
        if not model.estimable(contrast):
            continue
        middle, error = (float(value[0]) for value in fitted.estimate(contrast))
        half = fitted.half * error
        p_value = welch(step.change - middle, (step.error, step.freedom), (error, fitted.freedom))
        rows.append(Comparison(step, middle, middle - half, middle + half, p_value))
    return [
        Comparison(row.step, row.effect, row.low, row.high, 1 - (1 - row.p_value) ** len(rows))
        for row in rows
    ]
