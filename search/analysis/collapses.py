"""Runs that fall far below all others in some seeds, with a technique or whatever is on.

Such a run is no outlier to be left out: a share of the networks that are trained so will be like
it. A recipe that always fails is another matter; see `failing_cells`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from search.analysis.t_distribution import CONFIDENCE
from search.results import Results, Run

_FAR = 4.0
"""Times the range of the others' values, and of their own, by which such runs are below."""
_LEAST = 2
_MOST = 0.4
"""Share of all runs; of more, they are what most recipes come to."""
_SUSPECT = 0.25
"""Chance that so many runs have a technique in common, below which it is suspected: to do without
it costs little beside such a fall."""
_ALWAYS = 0.9
"""Share of the runs with some techniques from which it is these that fail, and not a seed."""


@dataclass(frozen=True)
class Collapse:
    """Runs that fell far below all others, and what they have in common."""

    technique: str | None
    """On in all of them, which chance would hardly bring about; else None."""
    sure: bool
    """True where it is found by a test that allows for the number of techniques."""
    runs: frozenset[int]
    """The numbers of those that fell."""
    of: int
    """The runs with the technique, or all where there is none."""
    level: float
    """The mean to which they fell, in percent or in the objective's unit."""
    edge: float
    """Halfway between these runs and the others."""
    diverged: bool
    """True where all of them diverged."""
    low: float
    high: float
    """The least and the greatest value of the other runs."""

    @property
    def share(self) -> float:
        """The share of runs to expect there."""
        return len(self.runs) / self.of

    def has(self, run: Run) -> bool:
        """Tell a run that fell as far, of whatever phase."""
        return (run.scaled < self.edge) == (self.level < self.edge)

    def concerns(self, on: Iterable[str]) -> bool:
        """Tell a recipe to which it may happen."""
        return self.technique is None or self.meets(on)

    def meets(self, on: Iterable[str]) -> bool:
        """Tell a recipe to which it may happen more than to others."""
        return self.technique is not None and self.technique in on


def collapse(results: Results) -> Collapse | None:
    """Find the runs that fell far below the others by their seed; None where there are none.

    Nor is there one where the techniques that they have in common, up to three, always fail, or in
    another program's study, whose trials differ in more.
    """
    if results.settings is None:
        return None
    runs = results.of("measure", "ladder", "confirm")
    names = sorted({*results.factors}.union(*(run.on for run in runs)))
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
    counts = {name: at + sum(name in run.on for run in stayed) for name, on in shared if on}
    name = min(counts, key=counts.__getitem__, default=None)
    by_chance = 1.0 if name is None else math.comb(counts[name], at) / math.comb(len(runs), at)
    if not by_chance < _SUSPECT:
        name = None
    others = [run.scaled for run in stayed]
    return Collapse(
        name,
        by_chance < (1 - CONFIDENCE) / max(len(names), 1),
        frozenset(run.number for run in fell),
        len(runs) if name is None else counts[name],
        fmean(run.scaled for run in fell),
        sign * (values[at] + values[at - 1]) / 2,
        all(run.diverged for run in fell),
        min(others),
        max(others),
    )


def _has_all(run: Run, sides: Iterable[tuple[str, bool]]) -> bool:
    return all((name in run.on) == on for name, on in sides)
