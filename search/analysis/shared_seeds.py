"""Seeds that move the runs of all recipes alike, as where a program draws its data by the seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from search.analysis.distributions import beta_cdf
from search.analysis.t_distribution import ALPHA
from search.results import Run


def distinct(groups: Sequence[list[Run]]) -> list[list[Run]]:
    """Return the groups, each of one recipe, that tell of noise what no earlier one does.

    Of those with the same seeds only the first is kept where these move all of them alike: the
    others repeat its noise, and would narrow intervals as if they had drawn it anew.
    """
    by_seeds: dict[frozenset[int | None], list[list[Run]]] = {}
    for group in groups:
        by_seeds.setdefault(frozenset(run.seed for run in group), []).append(group)
    copies = [group for same in by_seeds.values() if _moved_alike(same) for group in same[1:]]
    return [group for group in groups if not any(group is copy for copy in copies)]


def _moved_alike(groups: Sequence[Sequence[Run]]) -> bool:
    """Test whether seeds move recipes alike, in a two-way layout; False where none is repeated."""
    seeds = {run.seed for run in groups[0]}
    if len(groups) < 2 or len(seeds) < len(groups[0]) or None in seeds:
        return False
    in_order = [sorted(group, key=lambda run: run.seed or 0) for group in groups]
    values = np.array([[run.scaled for run in group] for group in in_order])
    noise = values - values.mean(axis=1, keepdims=True)
    of_seeds = noise.mean(axis=0)
    total = float(np.sum(noise**2))
    if not total > 0:
        return False
    apart = min(1.0, float(np.sum((noise - of_seeds) ** 2)) / total)
    dof = len(of_seeds) - 1
    return beta_cdf((len(groups) - 1) * dof / 2, dof / 2, apart) < ALPHA
