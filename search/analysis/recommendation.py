"""The recommended recipe, by all runs together: what was observed of it, and what the fit says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np

from search.analysis.best_value import BestNumber
from search.analysis.collapses import collapse
from search.analysis.contexts import are_few
from search.analysis.covariates import covariates
from search.analysis.fit_scale import unscaled
from search.analysis.fitted_recipes import BEAM, FittedRecipes, Option
from search.analysis.limits import Costing, Taken, excess, took
from search.analysis.long_runs import deciding, long_study
from search.analysis.model import varied
from search.analysis.predicted import Predicted, compared, predicted
from search.analysis.surface import adjusted
from search.errors import InputError, as_given
from search.planning.broken import breaks_of, has_failed
from search.planning.checks import check_limits
from search.planning.phases.confirm import CANDIDATES
from search.results import Results, Run, is_idle
from search.settings import Limits
from search.storage.schema import TRIES

_SPARE = 2
"""Runs, more than techniques, from which a recipe's value is predicted with an interval."""


@dataclass(frozen=True)
class Recommendation:
    """The recipe to use, by what is known so far."""

    on: frozenset[str]
    params: Mapping[str, Any]
    """As in `fitted_recipes.Option`."""
    predicted: float
    """The mean objective over seeds on the validation images, in percent or in its unit; NaN where
    the runs are too few to predict it."""
    confirmed: bool
    """True where it was chosen among recipes that ran on fresh seeds, and by these runs too."""
    reach: Predicted | None = None
    """Its prediction with an interval, beside all off; None where the runs are too few."""
    takes: Taken | None = None
    """What it takes, where that is limited."""
    within: bool = True
    """False where no recipe is within the limits, and this is the one that exceeds them least."""
    best_numbers: tuple[BestNumber, ...] = ()
    """Of another program's study, at which it is predicted."""

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers of another program's study, at their best values for it."""
        return {one.number.name: one.best for one in self.best_numbers}


def recommend(results: Results) -> Recommendation | None:
    """Recommend the recipe with the best predicted objective; None where no run is complete.

    It is one of those that `confirm` compares, once it does, else any. The long runs decide, where
    a study has them. The test images choose nothing. Where what a recipe takes is limited, it is
    the best within the limits.
    """
    breaks = breaks_of(results).values()
    results = deciding(results)
    runs = complete_runs(results)
    if not runs:
        return None
    tested = _compared(results)
    surface = FittedRecipes.of(results, runs, breaks=breaks, collapse=collapse(results))
    if surface is None:
        return _of_means(results, runs, chosen=bool(tested))
    costing = _costing(results, surface)
    options = tested or surface.strongest(BEAM, costing)
    kept = [run for run in runs if run.feasible]
    unpredicted = results.foreign and len(runs) < surface.columns + _SPARE
    if unpredicted or len(kept) < len(runs) or _tried_alone(results, runs):
        # Nothing can be predicted of a recipe that no trial tried, or whether it can be used.
        options = [surface.tried(run) for run in kept or runs]
    if not unpredicted and len(kept) == len(runs):
        options = surface.tuned(options)
    if (
        costing is not None
        and tested
        and (not _chosen_within(results) or surface.above(tested, costing).min() > 0)
    ):
        options = [*tested, *surface.strongest(BEAM, costing)]
    values, above = surface.cautious_values(options), surface.above(options, costing)
    top = int(np.lexsort((-values, above))[0])
    chosen = options[top]
    (predicted,) = surface.values([chosen])
    value = results.objective.within(unscaled(float(predicted), results))
    reach = _reach(results, runs, chosen)
    confirmed = top < len(tested)
    numbers = tuple(surface.best_numbers(chosen))
    found = Recommendation(chosen.on, chosen.params, value, confirmed, reach, best_numbers=numbers)
    if costing is None:
        return found
    (takes,) = costing.takes(surface.points([chosen]))
    return replace(found, takes=takes, within=not above[top])


def _costing(results: Results, surface: FittedRecipes) -> Costing | None:
    """Predict the cost of recipes; None where it is not limited."""
    if not results.at_most:
        return None
    points = surface.points([surface.tried(run) for run in surface.runs])
    return Costing.of(results.at_most, results.final_epochs, surface.runs, points)


def _chosen_within(results: Results) -> bool:
    """Tell whether the recipes to confirm were chosen under the limits that hold now."""
    return results.candidates is not None and results.candidates.at_most == results.at_most


def limited(results: Results, at_most: Limits | None) -> Results:
    """Recommend within other limits than the study's own, unless `at_most` is None.

    Raises `InputError` where kouka did not launch the study, or its runs have no such limit.
    """
    if at_most is None:
        return results
    settings = results.launched_with()
    if not isinstance(at_most, Limits):
        raise InputError(
            f"at_most={as_given(at_most)} is no limits; it takes those of search.settings, as "
            "Limits(seconds=600)"
        )
    check_limits(settings, at_most)
    return replace(results, at_most=at_most)


def _of_means(results: Results, runs: Sequence[Run], *, chosen: bool) -> Recommendation:
    """Recommend the recipe with the best mean, where there are too few recipes for a fit."""
    of: dict[tuple[frozenset[str], str], list[Run]] = {}
    choices = results.choices
    for run in runs:
        # Another program's trials differ in more than the recipe, and each would be one.
        dials = "" if results.foreign else repr(sorted(run.params.items()))
        of.setdefault((run.on_with(choices), dials), []).append(run)
    values = dict(zip(of, _adjusted(results, [*of.values()]), strict=True))
    takes = {recipe: took(its, results.final_epochs) for recipe, its in of.items()}
    limits = results.at_most or Limits()
    usable = [
        recipe
        for recipe, its in of.items()
        if any(run.feasible for run in its) and not is_idle(recipe[0], results.needs)
    ]
    best = min(
        usable or of,
        key=lambda recipe: (
            excess(takes[recipe], limits), -results.objective.sign * fmean(values[recipe]),
            len(recipe[0]),
        ),
    )  # fmt: skip
    off = next(
        (
            one
            for one, its in of.items()
            if results.end_of(Option(one[0], its[0].params)) == "all off"
        ),
        None,
    )
    reach = None if off is None else compared(values[best], values[off], results.objective)
    value = reach.recommended.value if reach else math.nan
    found = Recommendation(best[0], of[best][0].params, value, chosen, reach)
    if not limits:
        return found
    return replace(found, takes=takes[best], within=not excess(takes[best], limits))


def _adjusted(results: Results, groups: Sequence[Sequence[Run]]) -> list[list[float]]:
    """The values of each recipe's runs, adjusted for what else another program varied.

    A sampler that learns tries one recipe at better learning rates than another, so their means
    alone would differ by that too.
    """
    runs = [run for group in groups for run in group]
    sizes = [len(group) for group in groups]
    scaled = np.array([run.scaled for run in runs])
    named = {one.name for one in results.choices}
    others = [one for one in results.others if one.name not in named]
    beside = covariates(runs, len(groups) - 1, others).columns
    if beside is not None:
        scaled = adjusted(np.repeat(np.arange(len(groups)), sizes), scaled, beside)[0]
    return [part.tolist() for part in np.split(scaled, np.cumsum(sizes)[:-1])]


def _tried_alone(results: Results, runs: Sequence[Run]) -> set[frozenset[str]]:
    """The recipes of another program's runs, where these tell nothing of others; else none."""
    if not results.foreign:
        return set()
    choices = results.choices
    several = [one for one in choices if len({one.place(run.params[one.name]) for run in runs}) > 1]
    recipes = {run.on_with(choices) for run in runs}
    parameters = len(varied(runs, results.factors)) + len(several)
    return recipes if parameters > 1 and are_few(recipes) else set()


def beside_all_off(results: Results, on: frozenset[str]) -> Predicted | None:
    """Predict a recipe of another program beside all off, as the recommended one is predicted.

    None where the runs are too few.
    """
    return _reach(results, complete_runs(results), Option(on, {}), tune=True)


def _reach(
    results: Results, runs: Sequence[Run], best: Option, *, tune: bool = False
) -> Predicted | None:
    """Predict a recipe and all off from the runs as they are, however far below the others.

    All off has the numbers that are best for it, as the recipe has, if it is to be tuned.
    """
    surface = FittedRecipes.of(results, runs, fenced=False)
    if surface is None or len(runs) < surface.columns + _SPARE:
        return None
    off = surface.ends([])
    tried = _tried_alone(results, runs)
    if not off or (tried and off[0].on not in tried):
        return None
    others = surface.some()
    if tune:
        (best,) = surface.tuned([best])
    if best.numbers:
        off, others = surface.tuned(off), surface.tuned(others)
    among = [best, *off, *others]
    back = partial(unscaled, results=results)
    dof = len(runs) - surface.surface.fixed
    found = predicted(*surface.predict(among), dof, back, results.objective)
    params = off[0].params
    beside = {one.dial.name: params[one.dial.name] for one in results.run_dials
              if params.get(one.dial.name, one.usual) != one.usual}  # fmt: skip
    return replace(found, beside=beside, off_numbers=tuple(surface.best_numbers(off[0])))


def candidates(results: Results) -> list[Mapping[str, Any]]:
    """Choose the parameters of the recipes to confirm, beside all off and all on.

    They are not simply those with the best predictions, which are often near each other, and right
    or wrong together: each is added for what it may gain over those before it and the ends. The
    expected maximum is computed from draws of the fit's distribution. The last is the best long run
    where there are too few of them to decide. Empty where no run is complete.
    """
    chosen = _by_fit(deciding(results), breaks_of(results).values())
    long = long_study(results)
    if long is not None and deciding(results) is results and not results.at_most:
        best = max(long.of("measure"), key=lambda run: results.objective.sign * run.scaled)
        if best.params not in chosen:
            chosen = [*chosen[: CANDIDATES - 1], best.params]
    return chosen


def _by_fit(results: Results, breaks: Iterable[frozenset[str]]) -> list[Mapping[str, Any]]:
    runs = complete_runs(results)
    if not runs:
        return []
    surface = FittedRecipes.of(results, runs, breaks=breaks, collapse=collapse(results))
    if surface is None:
        only = recommend(results)
        return [only.params] if only else []
    costing = _costing(results, surface)
    options = surface.strongest(2 * BEAM, costing)
    above = surface.above(options, costing)
    options = [one for one, much in zip(options, above, strict=True) if much <= above.min()]
    ends = surface.ends(results.factors)
    others = [one for one in options if one not in ends]
    return [others[place].params for place in surface.expected_best(others, ends, CANDIDATES)]


def complete_runs(results: Results) -> list[Run]:
    """The runs that recipes are predicted from."""
    return results.of("measure", "ladder", "search", "confirm")


def _compared(results: Results) -> list[Option]:
    """The recipes that `confirm` compares, or compared before the study grew, but for those whose
    first runs were given up, and those that other recipes are without what does nothing."""
    confirmed = [run.params for run in results.of("confirm")]
    chosen = results.candidates.recipes if results.candidates and confirmed else ()
    lost = [run.params for run in results.runs
            if run.phase == "confirm" and has_failed(run)]  # fmt: skip
    found: list[Mapping[str, Any]] = []
    for params in (*(one for one in chosen if lost.count(one) < TRIES), *confirmed):
        if params not in found:
            found.append(params)
    options = [Option(results.on(params), params) for params in found]
    return [one for one in options if not is_idle(one.on, results.needs)]
