"""`measure`: a balanced factorial over the techniques, for effects with intervals."""

from __future__ import annotations

from search.planning.phases.plan import Planned, in_random_order, run_seed
from search.planning.space import Space
from search.results import Results
from search.settings import Settings


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """Plan the runs of the design, in a random order."""
    sizes = [count for count in settings.measure if count]
    if not sizes:
        return []
    return [
        Planned(
            "measure",
            run_seed(settings.seed, "measure", row),
            space.params([name for name, on in zip(space.factors, levels, strict=True) if on]),
        )
        for row, levels in in_random_order("measure", settings.seed, len(space.factors), sizes)
    ]
