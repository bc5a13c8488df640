"""`confirm`: the strongest recipes against all-off and all-on, on fresh seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from search.planning.broken import breaks_of
from search.planning.phases.plan import Planned, run_seed
from search.planning.space import Space
from search.results import Results
from search.settings import Settings

CANDIDATES = 3
"""Recipes that are compared beside all off and all on."""
ENDS = ("all off", "all on")


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """The recipes side by side, seed by seed; not all on, where something of it breaks every run.

    Without candidates for the study as it is now, they are the best run's recipe and the ends, as
    in earlier versions.
    """
    recipes: list[Mapping[str, Any]] = [space.params([])]
    if not breaks_of(results):
        recipes.append(space.params(space.factors))
    chosen: Sequence[Mapping[str, Any]] = [] if results.best is None else [results.best.params]
    if results.candidates is not None and results.candidates.fit(settings):
        chosen = results.candidates.recipes
    others = [dict(one) for one in chosen if one not in recipes]
    # The strongest and all off first: a study that must end in time compares at least these.
    recipes = [*others[:1], recipes[0], *others[1:], *recipes[1:]]
    return [
        Planned("confirm", run_seed(settings.seed, "confirm", repeat), params)
        for repeat in range(settings.confirm)
        for params in recipes
    ]


def expected(settings: Settings, space: Space) -> int:
    """The runs to expect before the candidates are known, which are others than the ends.

    Few techniques without dials have few others, where no search turns what every run has.
    """
    recipes = len(ENDS) + CANDIDATES
    unturned = set() if settings.search else {one.dial.name for one in space.dials}
    if len(space.params(space.factors).keys() - unturned) == len(space.factors):
        recipes = min(recipes, 2 ** len(space.factors))
    return recipes * settings.confirm


def wants_candidates(settings: Settings, results: Results) -> bool:
    """True where candidates are to be chosen, once the phases before have ended.

    A study whose best run's recipe is being confirmed already, by an earlier version, keeps to it.
    """
    if not settings.confirm:
        return False
    if results.candidates is not None:
        return not results.candidates.fit(settings)
    confirmed = [
        run.params for run in results.runs if run.phase == "confirm" and results.at_budget(run)
    ]
    if results.best is None:  # a study that measures nothing short
        return bool(results.of("verify"))
    return results.best.params not in confirmed
