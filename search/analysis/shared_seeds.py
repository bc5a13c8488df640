"""Seeds that move the runs of all recipes alike, as where a program draws its data by the seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from search.analysis.distributions import beta_cdf
from search.analysis.t_distribution import ALPHA
from search.results import Results, Run, by_recipe

SHARED_ALPHA = 0.01
"""Significance level at which fresh seeds count as moving all recipes alike.

Where they do not, an interval by seed was chosen for small errors and is too narrow; so intervals
miss in at most one per cent of studies more.
"""


class SeedSpreads(NamedTuple):
    """Standard deviations over seeds, in the effects' unit."""

    shared: float
    """Of the mean of all recipes."""
    own: float
    """Of a recipe beside that mean."""


def seed_spreads(results: Results) -> SeedSpreads | None:
    """Split what fresh seeds do into what moves all recipes and what moves each; None where they
    do not surely move all."""
    groups = by_recipe(results.of("confirm"))
    if not moved_alike(groups, lambda run: run.scaled, SHARED_ALPHA):
        return None
    noise, of_seeds = _noise(groups, lambda run: run.scaled)
    dof = len(of_seeds) - 1
    own = float(np.sum((noise - of_seeds) ** 2)) / (dof * (len(groups) - 1))
    shared = float(np.sum(of_seeds**2)) / dof - own / len(groups)
    return SeedSpreads(max(0.0, shared) ** 0.5, own**0.5)


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
    seeds = {tuple(run.seed for run in _in_order(group)) for group in groups}
    if len(groups) < 2 or len(seeds) > 1:
        return False
    (once,) = seeds
    if len(set(once)) < len(once) or None in once:
        return False
    noise, of_seeds = _noise(groups, value)
    total = float(np.sum(noise**2))
    if not total > 0:
        return False
    apart = min(1.0, float(np.sum((noise - of_seeds) ** 2)) / total)
    dof = len(of_seeds) - 1
    return beta_cdf((len(groups) - 1) * dof / 2, dof / 2, apart) < alpha


def _in_order(group: Sequence[Run]) -> list[Run]:
    return sorted(group, key=lambda run: run.seed or 0)


def _noise(
    groups: Sequence[Sequence[Run]], value: Callable[[Run], float]
) -> tuple[np.ndarray, np.ndarray]:
    """What seeds add to the mean of each recipe, (recipes, seeds), and to that of all, (seeds,)."""
    values = np.array([[value(run) for run in _in_order(group)] for group in groups])
    noise = values - values.mean(axis=1, keepdims=True)
    return noise, noise.mean(axis=0)
