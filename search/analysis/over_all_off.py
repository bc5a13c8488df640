"""What a recipe gains over all off, of another program's trials, by its own trials alone.

Effects are averages over what else is on. Where techniques were added to a baseline one at a time,
the trials say little of these, but much of each recipe that was repeated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from search.analysis.estimate import Estimate
from search.analysis.seed_differences import difference_over_seeds
from search.analysis.t_distribution import CONFIDENCE
from search.parameters import Draw, Order, levels_on
from search.results import Results, Run

_LEAST_TRIALS = 2


@dataclass(frozen=True)
class OverAllOff:
    """A recipe beside all off."""

    on: frozenset[str]
    """With the levels that are not the first."""
    params: Mapping[str, Any]
    """As in `fitted_recipes.Option`, without the parameters of several levels at their first."""
    gain: Estimate
    """The difference to all off, in the objective's unit, whose interval allows for the choice."""


def repeated(results: Results) -> list[OverAllOff]:
    """Compare each recipe of two trials or more with all off; the most surely better one first.

    Trials are of one recipe where they differ in nothing but draws, as seeds. They are compared
    with the trials of all off that have the same other parameters. The intervals allow for as many
    choices as there are recipes, repeated or not, as a sampler repeats what did well before. Empty
    where the order of the trials explains their values.
    """
    if any(isinstance(one, Order) for one in results.others):
        return []
    groups = _groups(results)
    rows = [[run.scaled for run in runs] for runs in groups if len(runs) >= _LEAST_TRIALS]
    found = []
    for runs in groups:
        on = _on(runs[0], results)
        off = next((other for other in groups if _is_baseline(other[0], runs[0], results)), [])
        if not on or min(len(runs), len(off)) < _LEAST_TRIALS:
            continue
        gain = difference_over_seeds(
            [run.scaled for run in runs], [run.scaled for run in off], rows, 1 - CONFIDENCE,
            len(groups), multiplied=results.multiplied,
        )  # fmt: skip
        if not math.isnan(gain.low):
            levels = {one.name: runs[0].params[one.name] for one in results.choices
                      if one.place(runs[0].params[one.name]) > 0}  # fmt: skip
            found.append(OverAllOff(on, {**dict.fromkeys(runs[0].on, True), **levels}, gain))
    sign = results.objective.sign
    return sorted(found, key=lambda one: -min(sign * one.gain.low, sign * one.gain.high))


def _groups(results: Results) -> list[list[Run]]:
    """The complete trials by recipe, those of the most trials first."""
    techniques = {one.parameter for one in results.spelled}
    groups: dict[str, list[Run]] = {}
    for run in results.of("measure"):
        kept = [(name, run.params[name]) for name in sorted(techniques | _others(results))
                if name in run.params]  # fmt: skip
        groups.setdefault(repr(kept), []).append(run)
    return sorted(groups.values(), key=len, reverse=True)


def _others(results: Results) -> set[str]:
    """The parameters that are no technique, and that no trial draws."""
    return {one.name for one in results.others if not isinstance(one, Draw)}


def _on(run: Run, results: Results) -> frozenset[str]:
    return run.on | levels_on(run.params, results.choices)


def _is_baseline(off: Run, run: Run, results: Results) -> bool:
    """Tell whether a trial is all off, and has the other parameters of another."""
    beside = _others(results) - {one.name for one in results.choices}
    shared = beside & off.params.keys() & run.params.keys()
    same = all(off.params[name] == run.params[name] for name in shared)
    return same and not _on(off, results)
