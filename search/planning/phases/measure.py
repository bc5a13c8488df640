"""`measure`: a balanced factorial over the techniques, for effects with intervals."""

from __future__ import annotations

import numpy as np

from search.parameters import level_name
from search.planning.design import Design, design, grown
from search.planning.mixed_design import mixed_design, places
from search.planning.phases.plan import Planned, in_order, run_seed
from search.planning.space import Space
from search.results import Results
from search.settings import Settings


def design_of(settings: Settings, techniques: int) -> Design:
    """The design of a study's `measure` runs; a study keeps the way in which it began and grows."""
    sizes = settings.measured_sizes
    if settings.growth == "doubled":
        return design(techniques, sizes[0], sizes[-1])
    return grown(techniques, sizes, settings.words)


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """Plan the runs of the design, in an order of the study's own."""
    sizes = settings.measured_sizes
    if not sizes:
        return []
    levels = [len(factor.levels) for factor in space.several]
    if levels:
        design_rows = mixed_design(len(space.factors), levels, sizes[-1], settings.words)
    else:
        design_rows = design_of(settings, len(space.factors))
    return [
        Planned(
            "measure", run_seed(settings.seed, "measure", number), space.params(_on(space, row))
        )
        for number, row in in_order("measure", settings, design_rows, sizes)
    ]


def _on(space: Space, row: np.ndarray) -> list[str]:
    """The techniques and levels that are on in a run of the design, given its row."""
    switched = row[: len(space.factors)]
    on = [name for name, level in zip(space.factors, switched, strict=True) if level]
    levels = [len(factor.levels) for factor in space.several]
    chosen = zip(space.several, places(row, len(space.factors), levels), strict=True)
    return [*on, *(level_name(factor.name, factor.labels[place]) for factor, place in chosen)]
