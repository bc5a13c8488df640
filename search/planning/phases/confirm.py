"""`confirm`: the best recipe against all-off and all-on, on fresh seeds."""

from __future__ import annotations

from search.planning.phases.plan import Planned, run_seed
from search.planning.space import Space
from search.results import Results
from search.settings import Settings


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """The recipes side by side, seed by seed; the best is chosen by validation accuracy."""
    recipes = [space.params([]), space.params(space.factors)]
    if results.best is not None and results.best.params not in recipes:
        recipes.insert(0, dict(results.best.params))
    return [
        Planned("confirm", run_seed(settings.seed, "confirm", repeat), params)
        for repeat in range(settings.confirm)
        for params in recipes
    ]


def expected(settings: Settings, space: Space) -> int:
    """The runs to expect before the best recipe is known: another than all off and all on.

    One technique without dials has no other.
    """
    recipes = 2 if len(space.params(space.factors)) == 1 else 3
    return recipes * settings.confirm
