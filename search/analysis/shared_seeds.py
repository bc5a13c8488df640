"""Seeds that move the runs of all recipes alike, as where a program draws its data by the seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    copies = [
        group for same in by_seeds.values() if moved_alike(same, lambda run: run.scaled)
        for group in same[1:]
    ]  # fmt: skip
    return [group for group in groups if not any(group is copy for copy in copies)]


def moved_alike(
    groups: Sequence[Sequence[Run]], value: Callable[[Run], float], alpha: float = ALPHA
) -> bool:
    """Test whether seeds move the values of recipes alike, in a two-way layout.

    False where none is repeated, or the recipes do not have the same seeds, each once.
    """
    in_order = [sorted(group, key=lambda run: run.seed or 0) for group in groups]
    seeds = {tuple(run.seed for run in group) for group in in_order}
    if len(groups) < 2 or len(seeds) > 1:
        return False
    (once,) = seeds
    if len(set(once)) < len(once) or None in once:
        return False
    values = np.array([[value(run) for run in group] for group in in_order])
    noise = values - values.mean(axis=1, keepdims=True)
    of_seeds = noise.mean(axis=0)
    total = float(np.sum(noise**2))
    if not total > 0:
        return False
    apart = min(1.0, float(np.sum((noise - of_seeds) ** 2)) / total)
    dof = len(of_seeds) - 1
    return beta_cdf((len(groups) - 1) * dof / 2, dof / 2, apart) < alpha
