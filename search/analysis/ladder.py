"""The ladder, one technique added after another, over several seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.effects import Effects
from search.analysis.estimate import Estimate, mean_over_seeds
from search.analysis.t_distribution import ALPHA, quantile, welch
from search.results import Results


@dataclass(frozen=True)
class LadderStep:
    """One step of the ladder."""

    added: tuple[str, ...]
    """Techniques that are on here and not at the step before; none at the first."""
    runs: int
    scaled: Estimate
    """The objective over the seeds, in percent of a share, else in its unit."""
    change: float
    """Difference to the step before, in points or the objective's unit; NaN at the first."""
    low: float
    """Ends of its 95 % interval."""
    high: float
    error: float
    """Standard error of the change."""
    dof: int
    """Degrees of freedom of that error."""

    @property
    def adds(self) -> str:
        """Names of what the step adds; "all off" at the first."""
        return " + ".join(self.added) or "all off"


@dataclass(frozen=True)
class Comparison:
    """A step of the ladder beside the effects of the techniques that it adds."""

    step: LadderStep
    effect: float
    """Sum of these effects, which are averages over all orders."""
    low: float
    """Ends of its 95 % interval."""
    high: float
    p_value: float
    """Of change and effect being equal, corrected for the number of steps (Šidák 1967)."""

    @property
    def disagree(self) -> bool:
        """True where change and effect differ by more than a change of seed."""
        return self.p_value < ALPHA


def ladder(results: Results) -> list[LadderStep]:
    """Estimate the steps in order, with one pooled estimate of the noise over seeds."""
    groups: dict[frozenset[str], list[float]] = {}
    for run in results.of("ladder"):
        groups.setdefault(run.on, []).append(run.scaled)
    steps = sorted(groups.items(), key=lambda group: len(group[0]))
    dof = sum(len(values) - 1 for _, values in steps)
    squares = sum((len(values) - 1) * statistics.variance(values) for _, values in steps
                  if len(values) > 1)  # fmt: skip
    noise = math.sqrt(squares / dof) if dof else math.nan
    rows: list[LadderStep] = []
    before: tuple[frozenset[str], list[float]] | None = None
    for on, values in steps:
        change = error = math.nan
        if before is not None:
            change = statistics.fmean(values) - statistics.fmean(before[1])
            error = noise * math.sqrt(1 / len(values) + 1 / len(before[1]))
        margin = quantile(dof) * error
        added = on - (before[0] if before else frozenset())
        names = tuple(name for name in results.factors if name in added)
        names += tuple(sorted(added - set(names)))  # levels
        scaled = mean_over_seeds(values, results.objective)
        rows.append(
            LadderStep(
                names, len(values), scaled, change, change - margin, change + margin, error, dof
            )
        )  # fmt: skip
        before = on, values
    return rows


def compare(steps: Sequence[LadderStep], effects: Effects | None) -> list[Comparison]:
    """Compare each step with the effects of what it adds, where the runs can estimate them."""
    if effects is None:
        return []
    model = effects.fit.model
    rows = []
    for step in steps:
        if not step.added or not set(step.added) <= set(model.techniques):
            continue
        contrast = np.sum([model.technique_contrast(name) for name in step.added], axis=0)
        if not model.estimable(contrast):
            continue
        effect, error, dof = effects.fit.first(contrast)
        margin = quantile(dof) * error
        p_value = welch(step.change - effect, (step.error, step.dof), (error, dof))
        rows.append(Comparison(step, effect, effect - margin, effect + margin, p_value))
    return [replace(row, p_value=1 - (1 - row.p_value) ** len(rows)) for row in rows]
