"""What the best recipe, all off and all on come to on the test images, over fresh seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from search.analysis.student import quantile
from search.results import Results, Run


@dataclass(frozen=True)
class Mean:
    """A mean accuracy in percent with its 95 % t interval; the ends are NaN for a single value."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Confirmed:
    """One recipe's accuracy over seeds that chose nothing."""

    label: str
    """best, all off, all on, or earlier best."""
    recipe: str
    runs: int
    test: Mean
    validation: Mean


def confirmation(results: Results) -> list[Confirmed]:
    """The recipes of the `confirm` runs: the best, then the others by their test accuracy."""
    groups: dict[str, list[Run]] = {}
    for run in results.of("confirm"):
        if run.test_accuracy is not None:
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
                mean([run.points for run in runs]),
            )
        )
    return sorted(found, key=lambda row: (not row.label.startswith("best"), -row.test.mean))


def mean(values: Sequence[float]) -> Mean:
    """The mean of some accuracies in percent, and its interval within 0 to 100."""
    middle = statistics.fmean(values)
    if len(values) < 2:
        return Mean(middle, math.nan, math.nan)
    half = quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return Mean(middle, max(0.0, middle - half), min(100.0, middle + half))


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
