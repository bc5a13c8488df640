"""Runs that fall far below the others in some seeds, with a technique or whatever is on.

Such a run is no outlier to be left out: a share of the networks that are trained so will be like
it. A recipe that always fails is another matter; see `failing_cells`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

import numpy as np

from search.analysis.below_fit import below_fit
from search.analysis.chance_level import constant_level, reached_no_more
from search.analysis.estimate import Estimate
from search.analysis.held_out import rate
from search.analysis.recipe_names import describe
from search.analysis.t_distribution import ALPHA
from search.results import Results, Run

_FAR = 4.0
"""Times the range of the others' values, and of their own, by which such runs are below."""
_LEAST = 2
_MOST = 0.4
"""Share of all runs that may fall; if more do, that is what most recipes reach."""
_SUSPECT = 0.25
"""Chance that so many runs have a technique in common, below which it is suspected: to do without
it costs little beside such a fall."""
_ALWAYS = 0.9
"""Share of the runs with some techniques from which it is these that fail, and not a seed."""


@dataclass(frozen=True)
class Gap:
    """The gap between the runs that fell and all others."""

    edge: float
    """Halfway between the two, in percent or in the objective's unit."""
    low: float
    """The least value of the others."""
    high: float
    """Their greatest."""


@dataclass(frozen=True)
class Collapse:
    """Runs that fell far below the others, and what they have in common."""

    technique: str | None
    """On in all of them, which chance would hardly bring about; else None."""
    sure: bool
    """True where it is found by a test that allows for the number of techniques."""
    runs: frozenset[int]
    """The numbers of those that fell."""
    of: int
    """The runs with the technique, or all where there is none."""
    mean: float
    """The mean to which they fell, in percent or in the objective's unit."""
    depth: float
    """How far they fell below the others, on average: all others, or those of the same recipes."""
    diverged: bool
    """True where all of them diverged."""
    gap: Gap | None
    """None where some are above some of the others, and below what their recipes reach."""

    @property
    def share(self) -> float:
        """The share of runs to expect there."""
        return len(self.runs) / self.of

    def has(self, run: Run) -> bool:
        """Tell a run that fell, also of another phase where there is a gap."""
        if self.gap is None:
            return run.number in self.runs
        return (run.scaled < self.gap.edge) == (self.mean < self.gap.edge)

    def concerns(self, on: Iterable[str]) -> bool:
        """Tell a recipe to which it may happen."""
        return self.technique is None or self.meets(on)

    def meets(self, on: Iterable[str]) -> bool:
        """Tell a recipe to which it may happen more than to others."""
        return self.technique is not None and self.technique in on

    def over_seeds(self, shown: float, stood: Estimate, sign: int) -> Estimate:
        """Give a recipe's mean, which is `shown`, an interval for seeds that may fall too.

        `stood` is the mean of its runs that did not, which say nothing of how often others will:
        all runs do. The parts are put together by Zou & Donner (2008, Statistics in Medicine 27).
        """
        depth = self.depth if self.gap is None else sign * (stood.value - self.mean)
        low, high = rate(len(self.runs), self.of)
        cost, least, most = depth * self.share, depth * low, depth * high
        worse, better = stood.value - stood.low, stood.high - stood.value
        if sign < 0:
            worse, better = better, worse
        at = sign * stood.value - cost
        ends = (
            sign * (at - math.hypot(worse, most - cost)),
            sign * (at + math.hypot(better, cost - least)),
        )
        return Estimate(shown, min(*ends, shown), max(*ends, shown))


def collapse(results: Results) -> Collapse | None:
    """Find the runs that fell far below the others by their seed; None where there are none.

    They are below all others, around a mean of their own, or below what the fit to all others says
    of their recipes. Nor is there one in another program's study, whose trials differ in more.
    """
    if results.foreign:
        return None
    return _below_all(results) or _below_fit(results)


def _below_all(results: Results) -> Collapse | None:
    """Find runs far below all others; None also where up to three techniques explain them."""
    runs = results.of("measure", "ladder", "confirm")
    names = _names(results, runs)
    sign = results.objective.sign
    ordered = sorted(runs, key=lambda run: sign * run.scaled)
    values = [sign * run.scaled for run in ordered]
    most = int(_MOST * len(runs))
    splits = range(_LEAST, most + 1)
    at = max(splits, key=lambda count: values[count] - values[count - 1], default=0)
    if not at:
        return None
    gap = values[at] - values[at - 1]
    if not gap > _FAR * max(values[at - 1] - values[0], values[-1] - values[at]):
        return None
    fell, stayed = ordered[:at], ordered[at:]
    sides = [(name, on) for name in names for on in (True, False)]
    shared = [side for side in sides if all(_has_all(run, [side]) for run in fell)]
    # Some three techniques are always common to two runs.
    for count in (1, 2, 3) if at > _LEAST else (1, 2):
        for some in combinations(shared, count):
            if at >= _ALWAYS * (at + sum(_has_all(run, some) for run in stayed)):
                return None
    others = [run.scaled for run in stayed]
    edge = sign * (values[at] + values[at - 1]) / 2
    depth = fmean(values[at:]) - fmean(values[:at])
    return _of(fell, stayed, names, depth, Gap(edge, min(others), max(others)))


def _below_fit(results: Results) -> Collapse | None:
    """Find runs below the fit, among those that trained as long and learned something.

    None of values that are multiplied, as the noise of large ones is large.
    """
    if results.multiplied:
        return None
    phases = ["measure", "ladder"]
    if results.epochs_of("confirm") == results.epochs_of("measure"):
        phases.append("confirm")
    chance = constant_level(results)
    runs = [
        run for run in results.of(*phases)
        if not (run.diverged or reached_no_more(run, chance))
    ]  # fmt: skip
    on = [run.on_with(results.choices) for run in runs]
    names = sorted(frozenset().union(*on))
    # A recipe may come out otherwise in another phase, on a machine that has changed since.
    recipes = [f"{run.phase}: {describe(run, results)}" for run in runs]
    values = results.objective.sign * np.array([run.scaled for run in runs])
    signs = np.array([[1.0 if name in one else -1.0 for name in names] for one in on])
    found = below_fit(signs, values, recipes) if names else None
    if found is None:
        return None
    fell = [run for run, is_one in zip(runs, found.fell, strict=True) if is_one]
    stayed = [run for run, is_one in zip(runs, found.fell, strict=True) if not is_one]
    return _of(fell, stayed, _names(results, runs), found.depth, None)


def _names(results: Results, runs: Iterable[Run]) -> list[str]:
    return sorted({*results.factors}.union(*(run.on for run in runs)))


def _of(
    fell: Sequence[Run], stayed: Sequence[Run], names: Sequence[str], depth: float, gap: Gap | None
) -> Collapse:
    """Look for the technique that the runs that fell have in common."""
    at, runs = len(fell), len(fell) + len(stayed)
    counts = {
        name: at + sum(name in run.on for run in stayed)
        for name in names
        if all(name in run.on for run in fell)
    }
    name = min(counts, key=counts.__getitem__, default=None)
    by_chance = 1.0 if name is None else math.comb(counts[name], at) / math.comb(runs, at)
    if not by_chance < _SUSPECT:
        name = None
    return Collapse(
        name,
        by_chance < ALPHA / max(len(names), 1),
        frozenset(run.number for run in fell),
        runs if name is None else counts[name],
        fmean(run.scaled for run in fell),
        depth,
        all(run.diverged for run in fell),
        gap,
    )


def _has_all(run: Run, sides: Iterable[tuple[str, bool]]) -> bool:
    return all((name in run.on) == on for name, on in sides)
