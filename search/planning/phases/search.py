"""`search`: TPE with free dials and pruning, beginning from all that was measured."""

from __future__ import annotations

from search.planning.phases.plan import Planned, run_seed
from search.planning.space import Space
from search.results import Results
from search.settings import Settings


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """Plan runs whose recipes the sampler chooses when their turn comes."""
    return [
        Planned("search", run_seed(settings.seed, "search", index), None)
        for index in range(settings.search)
    ]
