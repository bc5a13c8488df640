"""A closer look at a fit: what stands out of the noise, its levels, what it misses, its aliases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search.analysis.aliases import AliasStructure, alias_structure
from search.analysis.contrast_sizes import ContrastSize, contrast_sizes
from search.analysis.effects import Effects
from search.analysis.fitted_runs import FittedRuns, fitted_runs
from search.analysis.interactions import Interaction
from search.analysis.level_means import LevelMeans, Misfit, main_means, misfit, pair_means
from search.results import Results


@dataclass(frozen=True)
class FitReview:
    """Numbers that experimenters judge a fit by."""

    contrasts: tuple[ContrastSize, ...]
    """Largest first; see `contrast_sizes`."""
    misfit: Misfit | None
    """The reason why there are no level means; None where there are."""
    mains: tuple[LevelMeans, ...]
    pairs: tuple[LevelMeans, ...]
    """Of the pairs whose interaction is certain."""
    runs: FittedRuns | None
    """None where the fit goes through every run."""
    aliases: AliasStructure | None
    """None where the runs tell all techniques and pairs apart, independently of each other."""


def review(results: Results, effects: Effects, pairs: Sequence[Interaction]) -> FitReview:
    """Review the fit of a study's measured runs; `pairs` are its interactions."""
    measured = results.of("measure")
    reason = misfit(effects)
    aliases = alias_structure(measured, results.factors)
    return FitReview(
        tuple(contrast_sizes(effects, pairs)),
        reason,
        () if reason else tuple(main_means(effects)),
        () if reason else tuple(pair_means(effects, pairs)),
        fitted_runs(effects, measured),
        None if aliases is None or aliases.clear else aliases,
    )
