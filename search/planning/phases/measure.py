"""`measure`: a balanced factorial over the techniques, for effects with intervals."""

from __future__ import annotations

import numpy as np

from search.planning.design import Design, design, grown
from search.planning.phases.plan import Planned, run_seed
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
    """The runs of the design, in an order drawn at random within each size it grew to.

    The random order keeps a drift of the machine or of its load out of the effects.
    """
    sizes = [count for count in settings.measure if count]
    if not sizes:
        return []
    levels = design_of(settings, len(space.factors))
    random = np.random.default_rng(run_seed(settings.seed, "measure"))
    order = [
        row
        for begin, end in zip([0, *sizes], sizes, strict=False)
        for row in begin + random.permutation(end - begin)
    ]
    return [
        Planned(
            "measure",
            run_seed(settings.seed, "measure", int(row)),
            space.params([name for name, on in zip(space.factors, levels[row], strict=True) if on]),
        )
        for row in order
    ]
