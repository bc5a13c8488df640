"""`measure`: a balanced factorial over the techniques, for effects with intervals."""

from __future__ import annotations

from search.planning.design import Design, design, grown
from search.planning.phases.plan import Planned, in_order, run_seed
from search.planning.space import Space
from search.results import Results
from search.settings import Settings


def design_of(settings: Settings, techniques: int) -> Design:
    """The design of a study's `measure` runs; a study keeps the way in which it grows."""
    sizes = tuple(count for count in settings.measure if count)
    if settings.growth == "doubled":
        return design(techniques, sizes[0], sizes[-1])
    return grown(techniques, sizes)


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """Plan the runs of the design, in an order of the study's own."""
    sizes = tuple(count for count in settings.measure if count)
    if not sizes:
        return []
    design_rows = design_of(settings, len(space.factors))
    return [
        Planned(
            "measure",
            run_seed(settings.seed, "measure", row),
            space.params([name for name, on in zip(space.factors, levels, strict=True) if on]),
        )
        for row, levels in in_order("measure", settings, design_rows, sizes)
    ]
