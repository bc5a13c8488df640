"""Measured runs whose values are far from all others, as of trainings that diverged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.exact_test import exact_test
from search.analysis.sides import sides
from search.analysis.t_distribution import ALPHA
from search.objective import Objective
from search.parameters import Category, Number
from search.results import Results, Run

_FAR = 10.0
"""Interquartile ranges beyond the quartiles; a normal distribution has no such value in 10^40."""
_FAR_STRETCHED = 4.0
"""The same on the scale of `_stretched`, on which values of a wide range are near each other."""
_NEAR_END = 1e-6
"""The least distance to 0 and 1 of a share whose logit is taken."""
_MOST = 0.1
"""Share of the runs that may be far; more of them are results like any other."""
_MOST_WORSE = 0.35
"""The same, of runs that are far worse than all others, with none in between."""
_LEAST_SHARED, _MOST_SHARED = 3, 0.5
"""Runs with the very same worst value, as a program that failed may return it, and the share of all
that they may be."""
_LEAST_RUNS = 8
_LEAST_OF_LEVEL = 3
"""Runs of a level: if as many are all far, the level is the reason; fewer may be far by chance."""


def without(results: Results, far: Sequence[Run]) -> list[Run]:
    """Return the measured runs except the far ones."""
    numbers = {run.number for run in far}
    return [run for run in results.of("measure") if run.number not in numbers]


@dataclass(frozen=True)
class FarAt:
    """Values of a number at which all far runs are, and hardly by chance."""

    name: str
    bound: float | int
    above: bool
    """True where the far runs are at this value or more, else at it or less."""
    others: int
    """Runs there that are not far."""


def far_at(results: Results, far: Sequence[Run]) -> FarAt | None:
    """Find the number whose high, or low, values far runs have in common.

    By chance, each run is on one side of the median of all with a probability of a half.
    """
    rest = without(results, far)
    found: list[FarAt] = []
    numbers = [one for one in results.others if isinstance(one, Number)]
    for one in numbers:
        if not all(one.name in run.params for run in (*far, *rest)):
            continue
        values, others = ([run.params[one.name] for run in some] for some in (far, rest))
        middle = float(np.median([*values, *others]))
        for above, bound in ((True, min(values)), (False, max(values))):
            if bound > middle if above else bound < middle:
                there = sum(each >= bound if above else each <= bound for each in others)
                found.append(FarAt(one.name, bound, above, there))
    by_chance = 2 * len(numbers) / 2 ** len(far)
    return min(found, key=lambda one: one.others) if found and by_chance < ALPHA else None


def set_apart(results: Results) -> Results:
    """Return the results of another program with its far runs marked as `Run.far`.

    As they are, where some technique or level brings them about more than a number such as the
    learning rate does, or where the runs are those of a design. What diverges at random, or at high
    rates, hides what techniques do to the trainings that succeed: it is dozens of times as large.
    """
    if results.designed or results.enqueued:
        return results
    far = far_runs(results)
    if not far:
        return results
    brought, at = brought_about(results, far), far_at(results, far)
    if brought and (at is None or len(far) / (len(far) + at.others) <= max(brought.values())):
        return results
    numbers = {run.number for run in far}
    runs = (replace(run, far=True) if run.number in numbers else run for run in results.runs)
    return replace(results, runs=tuple(runs))


def brought_about(results: Results, far: Sequence[Run]) -> Mapping[str, float]:
    """Return the techniques and levels, as `sides` names them, that decide how often runs are far.

    Each with the share of the runs that are far, with it or without it, where more are. By tests at
    5 %, corrected for their number, of each technique and of all levels of a category at once:
    several may bring them about alike. Of its levels those are named that do so more than all do,
    and by several runs.
    """
    numbers = {run.number for run in far}
    runs = {run.number: run for run in (*results.of("measure"), *far)}
    both = sides(results, list(runs.values()))
    levels = [[f"{one.name} {level}" for level in one.levels] for one in results.categories]
    seen = [[name for name in names if name in both]
            for names in (*([name] for name in results.factors), *levels)]  # fmt: skip
    tested = [names for names in seen if names]
    found = {}
    for names in tested:
        parts = both[names[0]] if len(names) == 1 else [both[name][0] for name in names]
        counts = [sum(run.number in numbers for run in part) for part in parts]
        sizes = [len(part) for part in parts]
        if exact_test(counts, sizes) * len(tested) >= ALPHA:
            continue
        shares = [count / size for count, size in zip(counts, sizes, strict=True)]
        if len(names) == 1:
            found[names[0]] = max(shares)
            continue
        more = sum(counts) / sum(sizes)
        found |= {
            name: share
            for name, share, count in zip(names, shares, counts, strict=True)
            if share > more and count > 1
        }
    return found


def far_runs(results: Results) -> list[Run]:
    """Find them; of the very same worst value, or far below all others, they may be many.

    All runs of a level are not among them, where these are several.
    """
    runs = [run for run in results.of("measure") if not run.diverged]
    if len(runs) < _LEAST_RUNS:
        return []
    values = np.array([run.scaled for run in runs])
    far = _beyond(values, _FAR)
    if not 0 < np.sum(far) <= _MOST * len(runs):
        worse = values if results.objective.maximize else -values
        far = worse == worse.min()
        several = _LEAST_SHARED <= np.sum(far) <= _MOST_SHARED * len(runs)
        if not (several and _beyond(values, _FAR, ~far)[far].all()):
            far = _below_the_gap(worse)
            if np.mean(far) > _MOST_WORSE or not _beyond(values, _FAR, ~far)[far].all():
                return []
    far &= _beyond(_stretched(values, results.objective), _FAR_STRETCHED, ~far)
    for one in results.others:
        if isinstance(one, Category):
            far &= ~_of_levels_that_are_far(runs, far, one)
    return [run for run, is_far in zip(runs, far, strict=True) if is_far]


def _below_the_gap(values: np.ndarray) -> np.ndarray:
    """Mask, (runs,), of the values below the widest gap among the lowest."""
    ascending = np.sort(values)
    gaps = np.diff(ascending)[: int(_MOST_WORSE * len(values))]
    return np.asarray(values <= ascending[int(np.argmax(gaps))])


def _of_levels_that_are_far(runs: Sequence[Run], far: np.ndarray, category: Category) -> np.ndarray:
    """(runs,): True of a level's runs, where all of these are far and they are several."""
    found = np.zeros(len(runs), dtype=bool)
    for column in category.columns([run.params for run in runs]):
        at = np.array(column) > 0
        if np.sum(at) >= _LEAST_OF_LEVEL and far[at].all():
            found |= at
    return found


def _stretched(values: np.ndarray, objective: Objective) -> np.ndarray:
    """Values, (runs,), on the scale on which techniques may add up: logits of shares, and
    logarithms of what is positive and has no upper end."""
    if objective.share:
        shares = np.clip(values / 100, _NEAR_END, 1 - _NEAR_END)
        return np.asarray(np.log(shares / (1 - shares)))
    if math.isinf(objective.high) and values.min() > 0:
        return np.asarray(np.log(values))
    return values


def _beyond(values: np.ndarray, ranges: float, others: np.ndarray | None = None) -> np.ndarray:
    """Mask, (runs,), of the values so many interquartile ranges beyond the quartiles of those
    where `others`, (runs,), is True, or of all without it."""
    first, third = np.percentile(values if others is None else values[others], [25, 75])
    beyond = np.maximum(first - values, values - third)
    return np.asarray(beyond > ranges * (third - first))
