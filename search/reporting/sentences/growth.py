"""Sentences on a study that grows: what its growth costs."""

from __future__ import annotations

import math

from search.analysis.looks import look_at
from search.planning.design import interaction_variance
from search.planning.phases.measure import design_of
from search.reporting.formatting import listed
from search.results import Results

_WORTH_SAYING = 1.1
"""Variance of interactions, over that in a new study, above which it is told."""


def growth(results: Results) -> str:
    """Say what growing costs a study that has grown, or is about to; empty for any other."""
    sizes = look_at(results).sizes
    if results.settings is None or len(sizes) < 2:
        return ""
    said = (
        f"The study grows from {listed([str(size) for size in sizes[:-1]])} to {sizes[-1]} runs. "
        "Each growth is one more look at the same techniques, so a verdict takes a lower p-value "
        "than in a new study of as many runs."
    )
    techniques = len(results.settings.factors)
    cost = interaction_variance(design_of(results.settings, techniques))
    if not _WORTH_SAYING < cost < math.inf:
        return said
    return f"{said} Interactions have {cost:.1f} times the variance that they would have there."
