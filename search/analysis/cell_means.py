"""Whether a technique's effect is one at two levels of a factor, by the means of their runs alone.

The fit of `by_level` has one noise for all runs of a level. A sampler that learns leaves a few
trials where it found nothing, and each has its own luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

import numpy as np

from search.analysis.covariates import covariates
from search.analysis.model import signs, varied
from search.analysis.surface import adjusted
from search.analysis.t_distribution import error_of_mean, welch
from search.parameters import Category
from search.results import Results, Run

_LEAST_TRIALS = 5
"""Of another program's at a level, with a technique on and with it off: of fewer, their luck and
what they are adjusted for decide."""


def p_by_cells(results: Results, runs: Sequence[Run], technique: str, factor: Category) -> float:
    """The least p-value of a technique's effect being one at two levels, by means of its runs.

    Each mean has the variance of its own runs (Welch 1947), once adjusted for what else they had.
    Those of fewer than five runs do not count; 1 where none is left.
    """
    cells = [(factor.place(run.params[factor.name]), technique in run.on) for run in runs]
    places = sorted(set(cells))
    at = np.array([places.index(cell) for cell in cells])
    others = [one for one in results.others if one.name != factor.name]
    more = covariates(runs, len(places) + len(results.factors) - 2, others).columns
    rest = signs(runs, varied(runs, [name for name in results.factors if name != technique]))
    beside = rest if more is None else np.column_stack([rest, more])
    values = np.array([run.scaled for run in runs])
    values = adjusted(at, values, beside)[0] if beside.size else values
    each = [values[at == place] for place in range(len(places))]
    parts = {
        place: (fmean(some), error_of_mean(some))
        for place, some in zip(places, each, strict=True)
        if len(some) >= _LEAST_TRIALS
    }
    known = [(parts[level, True], parts[level, False])
             for level in range(len(factor.levels))
             if {(level, True), (level, False)} <= parts.keys()]  # fmt: skip
    return min(
        (
            welch(on[0] - off[0] - (with_it[0] - without[0]),
                  on[1], off[1], with_it[1], without[1])
            for (on, off), (with_it, without) in combinations(known, 2)
        ),
        default=1.0,
    )  # fmt: skip
