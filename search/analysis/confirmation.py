"""What the best recipe, all off and all on come to on the test images, over fresh seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from search.analysis.t_distribution import quantile
from search.results import ACCURACY, Objective, Results, Run


@dataclass(frozen=True)
class Mean:
    """A mean with its 95 % t interval, whose ends are NaN for a single value.

    Of accuracies in percent, or of an objective in its unit.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Confirmed:
    """What one recipe comes to over seeds that chose nothing."""

    label: str
    """best, all off, all on, or earlier best."""
    recipe: str
    runs: int
    test: Mean
    """Accuracy on the test images."""
    test_objective: Mean
    """The study's objective on the test images: the same where that is accuracy."""
    validation: Mean
    """The objective on the validation images."""


def confirmation(results: Results) -> list[Confirmed]:
    """The recipes of the `confirm` runs: the best, then the others as they do on test images."""
    objective = results.objective
    groups: dict[str, list[Run]] = {}
    for run in results.of("confirm"):
        if run.test_accuracy is not None and _tested(run, objective) is not None:
            groups.setdefault(describe(run, results.factors), []).append(run)
    best = describe(results.best, results.factors) if results.best else None
    found = []
    for recipe, runs in groups.items():
        on = [name in runs[0].on for name in results.factors]
        label = "all on" if all(on) else "earlier best" if any(on) else "all off"
        if recipe == best:
            label = "best" if label == "earlier best" else f"best ({label})"
        found.append(
            Confirmed(
                label,
                recipe,
                len(runs),
                mean([100 * (run.test_accuracy or 0) for run in runs]),
                mean([objective.scale * (_tested(run, objective) or 0) for run in runs], objective),
                mean([run.scaled for run in runs], objective),
            )
        )
    return sorted(
        found, key=lambda row: (not row.label.startswith("best"), -row.test_objective.mean)
    )


def _tested(run: Run, objective: Objective) -> float | None:
    return run.test_accuracy if objective is ACCURACY else run.test_objective


def mean(values: Sequence[float], objective: Objective = ACCURACY) -> Mean:
    """The mean of values in the objective's unit, and its interval within what that can be."""
    middle = statistics.fmean(values)
    if len(values) < 2:
        return Mean(middle, math.nan, math.nan)
    half = quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return Mean(middle, max(objective.low, middle - half), min(objective.high, middle + half))


def describe(run: Run, factors: Sequence[str]) -> str:
    """A run's recipe in words: the techniques that are on, with their dials where they have any."""
    on = []
    for name in factors:
        if name in run.on:
            dials = {
                dial.removeprefix(f"{name}_"): value
                for dial, value in run.params.items()
                if dial.startswith(f"{name}_") and dial not in factors
            }
            on.append((name, dials))
    return with_dials(on) or "none"


def with_dials(techniques: Iterable[tuple[str, Mapping[str, float]]]) -> str:
    """Techniques with their dials, separated by commas."""
    return ", ".join(
        f"{name} ({', '.join(f'{dial} {value:.4g}' for dial, value in dials.items())})"
        if dials
        else name
        for name, dials in techniques
    )
