"""Test results of the best recipe, all off and all on, over fresh seeds."""

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

    In percent of a share, else in the objective's unit.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Confirmed:
    """Results of one recipe over seeds that had no part in choosing it."""

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
    """Summarise the `confirm` runs by recipe: the best first, then by their test results."""
    objective = results.objective
    groups: dict[str, list[Run]] = {}
    for run in results.of("confirm"):
        if run.test_accuracy is not None and _tested(run, objective) is not None:
            groups.setdefault(describe(run, results.factors), []).append(run)
    best = describe(results.best, results.factors) if results.best else None
    rows = []
    for recipe, runs in groups.items():
        on = [name in runs[0].on for name in results.factors]
        label = "all on" if all(on) else "earlier best" if any(on) else "all off"
        if recipe == best:
            label = "best" if label == "earlier best" else f"best ({label})"
        rows.append(
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
        rows, key=lambda row: (not row.label.startswith("best"), -row.test_objective.mean)
    )


def _tested(run: Run, objective: Objective) -> float | None:
    return run.test_accuracy if objective is ACCURACY else run.test_objective


def mean(values: Sequence[float], objective: Objective = ACCURACY) -> Mean:
    """Mean of values in the objective's unit, with its interval cut to the objective's range."""
    average = statistics.fmean(values)
    if len(values) < 2:
        return Mean(average, math.nan, math.nan)
    margin = quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return Mean(
        average, max(objective.low, average - margin), min(objective.high, average + margin)
    )


def describe(run: Run, factors: Sequence[str]) -> str:
    """List the techniques that are on in a run, with their dials; "none" where there are none."""
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
    """List techniques, separated by commas, with their dials in brackets."""
    return ", ".join(
        f"{name} ({', '.join(f'{dial} {value:.4g}' for dial, value in dials.items())})"
        if dials
        else name
        for name, dials in techniques
    )
