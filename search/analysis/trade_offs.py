"""Every recipe's predicted objective beside its seconds an epoch and its parameters.

A recipe is on the Pareto front where no other one is as cheap and better, or as good and cheaper.
All are predicted the same way, also those that ran, so that none is on the front for a lucky seed:
the objective as for the recommended recipe (`recommendation`), the logarithms of seconds and
parameters by the same kind of fit (`surface`). Parameters of a recipe that ran are counted.

Runs far below the others count as less far in the fit that chooses, as it would else be ruled by
how badly recipes fail. What is told of a recipe is predicted from the runs as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any, Literal

import numpy as np

from search.analysis.fit_scale import unscaled
from search.analysis.fitted_recipes import FittedRecipes, Option
from search.analysis.limits import count_parameters, fit_seconds
from search.analysis.long_runs import deciding
from search.analysis.parameter_counts import ParameterCounts
from search.analysis.pareto_front import pareto_front
from search.analysis.recommendation import complete_runs
from search.analysis.surface import Surface
from search.analysis.t_distribution import quantile
from search.objective import Objective
from search.planning.broken import breaks_of
from search.results import Results, Run, is_idle

MOST_TECHNIQUES = 20
"""Techniques of which every combination is looked at; of more, those with the largest effects."""
_SHOWN = 300
"""Recipes that are drawn at random to show where all are."""
_ALIKE = 0.05
"""Difference in seconds, as a share, below which recipes take the same time."""

Resource = Literal["seconds", "parameters"]


@dataclass(frozen=True)
class PricedRecipe:
    """A recipe with what it is predicted to reach and to take."""

    on: frozenset[str]
    params: Mapping[str, Any]
    value: float
    """The mean objective over seeds on the validation images, in percent or in its unit."""
    low: float
    """Ends of the 95 % interval of `value`."""
    high: float
    seconds: float
    """An epoch, on the machine of the runs; NaN where no run says."""
    parameters: float
    """Of the network; NaN where no run says."""
    runs: int
    """Complete runs of the recipe; 0 where it is predicted from others alone."""
    observed: float
    """Mean of these, in the unit of `value`; NaN where there is none."""
    best_for: tuple[Resource, ...] = ()
    """The fronts that it is on."""


@dataclass(frozen=True)
class TradeOffs:
    """The recipes that a user with a limit chooses from."""

    recipes: int
    """The number that were compared."""
    fronts: Mapping[Resource, tuple[PricedRecipe, ...]]
    """Cheapest first; without a resource in which the recipes do not differ."""
    best: tuple[PricedRecipe, ...]
    """Those on any front, the best first."""
    trained: tuple[PricedRecipe, ...]
    """All recipes that ran."""
    others: tuple[PricedRecipe, ...]
    """Some of those that did not, drawn at random, without intervals."""
    error: float
    """Root mean square of what a trained recipe's mean differs by from its prediction by the other
    recipes, in points or the objective's unit."""
    predicted: bool
    """True where recipes that did not run are among those compared."""
    broken: int = 0
    """Recipes that are left out, as every run so far with some of their techniques failed."""
    held: frozenset[str] = frozenset()
    """Techniques that are as in the best recipe throughout, as there are too many."""


def trade_offs(results: Results, *, predict: bool = True) -> TradeOffs | None:
    """Find the recipes that no other beats in the objective and in seconds, or in parameters.

    `predict` is False where a fit does not hold, and only recipes that ran are compared. The long
    runs decide, where a study has them. None where the runs are too few, or where they differ in
    neither resource, or where a factor has several levels.
    """
    if results.several:
        return None
    breaks = breaks_of(results).values()
    results = deciding(results)
    runs = complete_runs(results)
    if all(run.seconds_per_epoch is None and not run.parameters for run in runs):
        return None  # before the fit, which takes seconds with thousands of runs
    fitted = FittedRecipes.of(results, runs, choices=(), breaks=breaks)
    if fitted is None:
        return None
    told = FittedRecipes.of(results, runs, choices=(), fenced=False) if fitted.fenced else fitted
    points = fitted.points([Option(run.on, run.params) for run in runs])
    seconds, parameters = fit_seconds(runs, points), count_parameters(runs, points)
    pool = _Pool.of(fitted, told or fitted, seconds, parameters)
    back = partial(unscaled, results=results)
    return pool.trade_offs(back, results.objective, predict=predict) if pool.costs else None


@dataclass(frozen=True)
class _Trained:
    """A recipe that ran."""

    option: Option
    runs: Sequence[Run]


@dataclass(frozen=True, eq=False)
class _Pool:
    """All recipes that are compared: every combination of techniques with the usual dials, in the
    order of `Surface.everywhere`, then those that ran with other dials."""

    fitted: FittedRecipes
    """Chooses the recipes."""
    told: FittedRecipes
    """Tells of them, by the runs as they are."""
    values: np.ndarray
    """(recipes,): by which they are chosen, on the scale of the fit."""
    costs: Mapping[Resource, np.ndarray]
    """(recipes,) each."""
    trained: Mapping[int, _Trained]
    """By their places."""
    free: Sequence[int]
    """Techniques that are combined."""
    best: Option
    """As in which the others are."""

    @classmethod
    def of(
        cls,
        fitted: FittedRecipes,
        told: FittedRecipes,
        seconds: Surface | None,
        parameters: ParameterCounts | None,
    ) -> _Pool:
        """Predict all recipes."""
        many = len(fitted.techniques) > MOST_TECHNIQUES
        best = fitted.strongest(1)[0] if many else Option(fitted.runs[0].on, fitted.runs[0].params)
        held = fitted.points([best]).levels[0]
        largest = np.argsort(-np.abs(fitted.surface.slopes), kind="stable")[:MOST_TECHNIQUES]
        free = sorted(largest.tolist())
        ran = _by_recipe(fitted)
        points = fitted.points([one.option for one in ran])
        fixed = np.setdiff1d(np.arange(len(held)), free)
        inside = np.all(points.levels[:, fixed] == held[fixed], axis=1)
        masks = (points.levels[:, free] > 0) @ (1 << np.arange(len(free)))
        usual = fitted.points([fitted.option(one.option.on) for one in ran])
        regular = inside & (points.keys == usual.keys)
        places = np.where(regular, masks, 2 ** len(free) + np.cumsum(~regular) - 1)
        further = points[np.flatnonzero(~regular)]

        def everywhere(surface: Surface) -> np.ndarray:
            values = surface.everywhere(free, held)
            # The recipes' own terms count where some run had these techniques.
            values[masks[inside]] = surface.means(usual)[inside]
            return np.append(values, surface.means(further))

        costs: dict[Resource, np.ndarray] = {}
        if seconds is not None:
            costs["seconds"] = np.exp(everywhere(seconds))
        if parameters is not None:
            counted = parameters.everywhere(free, held), parameters.of(further.levels)
            costs["parameters"] = np.concatenate(counted)
        trained = {int(place): one for place, one in zip(places, ran, strict=True)}
        return cls(fitted, told, everywhere(fitted.surface), costs, trained, free, best)

    def trade_offs(
        self, back: Callable[[float], float], objective: Objective, *, predict: bool
    ) -> TradeOffs:
        """Find the fronts, among the recipes that ran alone where `predict` is False.

        `back` brings a value of the fit to the objective's scale.
        """

        def cut(value: float) -> float:
            return objective.within(back(value))

        works, idle = self._working(), self._idle()
        possible = works & ~idle
        ran = sorted(place for place in self.trained if not idle[place])
        compared = np.flatnonzero(possible) if predict else np.array(ran)
        fronts = {name: self._front(name, compared, self.values) for name in self.costs}
        chosen = list(dict.fromkeys(place for front in fronts.values() for place in front))
        means, spread = self.told.predict([self._option(place) for place in chosen])
        told = dict(zip(chosen, means.tolist(), strict=True))
        # Of these, the recipes that no other beats by what is told of them too.
        values = np.full(len(self.values), np.nan)
        values[chosen] = means
        fronts = {name: self._front(name, np.array(front), values)
                  for name, front in fronts.items()}  # fmt: skip
        critical = quantile(len(self.told.surface.observed.keys) - 1)
        known = {
            place: self._priced(
                place,
                cut,
                told[place],
                critical * math.sqrt(max(variance, 0.0)),
                tuple(name for name, front in fronts.items() if place in front),
            )
            for place, variance in zip(chosen, np.diag(spread).tolist(), strict=True)
            if any(place in front for front in fronts.values())
        }
        drawn = np.random.default_rng(0).integers(2 ** len(self.free), size=_SHOWN).tolist()
        others = [at for at in dict.fromkeys(drawn) if possible[at] and at not in self.trained]
        names = self.fitted.techniques
        return TradeOffs(
            len(compared),
            {name: tuple(known[place] for place in front) for name, front in fronts.items()},
            tuple(known[place] for place in sorted(known, key=lambda at: -told[at])),
            self._without_interval(list(self.trained), cut),
            self._without_interval(others, cut) if predict else (),
            _left_out(self.told, back),
            predict,
            int(np.sum(~works & ~idle)) if predict else 0,
            frozenset(name for at, name in enumerate(names) if at not in self.free),
        )

    def _front(self, resource: Resource, places: np.ndarray, values: np.ndarray) -> list[int]:
        """The places, of some, that none of these beats, cheapest first; `values` are by place."""
        steps = _steps(resource, self.costs[resource][places])
        front: list[int] = places[pareto_front(steps, values[places])].tolist()
        return front

    def _without_interval(
        self, places: Sequence[int], back: Callable[[float], float]
    ) -> tuple[PricedRecipe, ...]:
        if not places:
            return ()
        points = self.told.points([self._option(place) for place in places])
        means = self.told.surface.means(points).tolist()
        return tuple(
            self._priced(place, back, mean) for place, mean in zip(places, means, strict=True)
        )

    def _working(self) -> np.ndarray:
        """Tell which recipes, (recipes,), are without techniques that fail in every run."""
        free = [self.fitted.techniques[at] for at in self.free]
        masks, works = np.arange(2 ** len(free)), np.ones(len(self.values), dtype=bool)
        for together in self.fitted.breaks:
            if together.difference(free) <= self.best.on:
                bits = sum(1 << free.index(name) for name in together.intersection(free))
                works[: len(masks)] &= masks & bits != bits
        return works

    def _idle(self) -> np.ndarray:
        """Tell which recipes, (recipes,), are others without a technique that does nothing."""
        free = [self.fitted.techniques[at] for at in self.free]
        masks, idle = np.arange(2 ** len(free)), np.zeros(len(self.values), dtype=bool)

        def has(name: str) -> np.ndarray:
            if name in free:
                return (masks >> free.index(name) & 1).astype(bool)
            return np.full(len(masks), name in self.best.on)

        for name, needed in self.fitted.needs.items():
            idle[: len(masks)] |= has(name) & ~has(needed)
        for place, one in self.trained.items():
            idle[place] = is_idle(one.option.on, self.fitted.needs)
        return idle

    def _option(self, place: int) -> Option:
        if place in self.trained:
            return self.trained[place].option
        on = set(self.best.on)
        for bit, at in enumerate(self.free):
            (on.add if place >> bit & 1 else on.discard)(self.fitted.techniques[at])
        return self.fitted.option(frozenset(on))

    def _priced(
        self,
        place: int,
        back: Callable[[float], float],
        value: float,
        margin: float = math.nan,
        best_for: tuple[Resource, ...] = (),
    ) -> PricedRecipe:
        option = self._option(place)
        low, high = sorted(back(value + end) for end in (-margin, margin))
        runs = self.trained[place].runs if place in self.trained else ()
        costs = {name: float(costs[place]) for name, costs in self.costs.items()}
        return PricedRecipe(
            option.on,
            option.params,
            back(value),
            low,
            high,
            costs.get("seconds", math.nan),
            costs.get("parameters", math.nan),
            len(runs),
            fmean(run.scaled for run in runs) if runs else math.nan,
            best_for,
        )


def _by_recipe(fitted: FittedRecipes) -> list[_Trained]:
    """The runs by recipe, as the fit tells recipes apart."""
    options = [Option(run.on, run.params) for run in fitted.runs]
    found: dict[int, list[Run]] = {}
    for run, key in zip(fitted.runs, fitted.points(options).keys.tolist(), strict=True):
        found.setdefault(key, []).append(run)
    return [_Trained(Option(runs[0].on, runs[0].params), runs) for runs in found.values()]


def _steps(resource: Resource, costs: np.ndarray) -> np.ndarray:
    """Costs as far as they differ, (recipes,)."""
    return np.rint(np.log(costs) / _ALIKE) if resource == "seconds" else costs


def _left_out(fitted: FittedRecipes, back: Callable[[float], float]) -> float:
    """See `TradeOffs.error`."""
    keys = fitted.points([Option(run.on, run.params) for run in fitted.runs]).keys
    surface, squares = fitted.surface, []
    for key, error in zip(surface.observed.keys, surface.left_out(), strict=True):
        mean = float(np.mean(fitted.scaled[keys == key]))
        there, predicted = map(back, (mean, mean - float(error)))
        squares.append((there - predicted) ** 2)
    return math.sqrt(fmean(squares))
