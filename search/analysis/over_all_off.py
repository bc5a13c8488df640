"""What a recipe gains over all off, of another program's trials, by its own trials alone.

Effects are averages over what else is on. Where techniques were added to a baseline one at a time,
the trials say little of these, but much of each recipe that was repeated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from search.analysis.estimate import Estimate
from search.analysis.seed_differences import difference_over_seeds
from search.analysis.t_distribution import ALPHA
from search.parameters import Category, Draw, Order
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
    recipes = [_Repeated.of(runs, results.choices) for runs in groups if len(runs) >= _LEAST_TRIALS]
    beside = _others(results) - {one.name for one in results.choices}
    baselines = [one for one in recipes if not one.on]
    values = [one.values for one in recipes]
    found = []
    for one in recipes:
        off = next((other for other in baselines if other.is_like(one, beside)), None)
        if not one.on or off is None:
            continue
        gain = difference_over_seeds(
            one.values, off.values, values, ALPHA, len(groups),
            multiplied=results.multiplied,
        )  # fmt: skip
        if not math.isnan(gain.low):
            found.append(OverAllOff(one.on, one.turned, gain))
    sign = results.objective.sign
    return sorted(found, key=lambda one: -min(sign * one.gain.low, sign * one.gain.high))


@dataclass(frozen=True)
class _Repeated:
    """The trials of a recipe."""

    on: frozenset[str]
    turned: Mapping[str, Any]
    params: Mapping[str, Any]
    values: list[float]

    @staticmethod
    def of(runs: Sequence[Run], choices: Sequence[Category]) -> _Repeated:
        first = runs[0]
        levels = {one.name: first.params[one.name] for one in choices
                  if one.place(first.params[one.name]) > 0}  # fmt: skip
        return _Repeated(
            first.on_with(choices),
            {**dict.fromkeys(first.on, True), **levels},
            first.params,
            [run.scaled for run in runs],
        )

    def is_like(self, other: _Repeated, beside: Set[str]) -> bool:
        """Tell whether the parameters `beside` are those of another, where both have them."""
        shared = self.params.keys() & other.params.keys() & beside
        return all(self.params[name] == other.params[name] for name in shared)


def _groups(results: Results) -> list[list[Run]]:
    """The complete trials by recipe, those of the most trials first."""
    named = sorted({one.parameter for one in results.spelled} | _others(results))
    groups: dict[str, list[Run]] = {}
    for run in results.of("measure"):
        kept = [(name, run.params[name]) for name in named if name in run.params]
        groups.setdefault(repr(kept), []).append(run)
    return sorted(groups.values(), key=len, reverse=True)


def _others(results: Results) -> set[str]:
    """The parameters that are no technique, and that no trial draws."""
    return {one.name for one in results.others if not isinstance(one, Draw)}
