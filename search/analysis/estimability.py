"""Techniques and pairs of techniques whose effects the runs can, or cannot, estimate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations_with_replacement

import numpy as np

from search.analysis.effects import Effects
from search.analysis.model import varied
from search.parameters import Category, Number
from search.results import Results, Run

_MOST_AT_RESOLUTION_V = ((8, 3), (16, 5), (32, 6), (64, 8), (128, 11), (256, 17), (512, 23))
"""Runs, and the most techniques whose pairs they all separate (Box, Hunter & Hunter 2005)."""


class Pairs(Enum):
    """Estimability of the interactions of two techniques."""

    EACH = "each"
    SUMS = "sums"
    SOME = "some"
    """Some, or none, each by itself."""
    NOISE = "noise"
    """None; they are part of the noise."""


@dataclass(frozen=True)
class Estimability:
    """Techniques without an estimate, and the estimability of their pairs."""

    unvaried: tuple[str, ...]
    """Techniques that are on in all runs or in none, and categories that have one level in all."""
    confounded: tuple[str, ...]
    """Techniques and levels that vary, but only together with others."""
    techniques: int
    """Those in the fit."""
    pairs: int
    """Pairs of these."""
    groups: int
    """Pairs or sums of pairs that differ in some run."""
    groups_estimable: int
    """Those of them that can be estimated."""
    pairs_estimable: Pairs
    runs_for_pairs: int | None
    """Fewest runs of a design that separates all pairs; None above 512."""
    balanced: bool
    """True where each technique and level, and each pair's every combination, is in as many runs as
    any other, so that the effects are independent of each other, whoever planned the runs."""


def estimability(effects: Effects, results: Results) -> Estimability:
    """Find what the measured runs can estimate of the techniques and their pairs."""
    model, measured = effects.fit.model, results.of("measure")
    vary = (*varied(measured, results.factors), *(level.name for level in model.levels))
    contrasts = [model.group_contrast(at) for at in range(len(model.groups) * effects.pairs)]
    pairs = sum(len(group.pairs) for group in model.groups)
    if effects.pairs and model.pairs_estimable:
        seen = Pairs.EACH
    elif effects.pairs:
        seen = Pairs.SOME if len(model.groups) == pairs else Pairs.SUMS
    else:
        seen = Pairs.NOISE
    techniques = len(model.techniques)
    return Estimability(
        unvaried=(
            *(name for name in results.factors if name not in vary),
            *model.covariates.constant,
        ),
        confounded=tuple(
            e.phrase for e in effects.effects if math.isnan(e.effect) and e.technique in vary
        ),
        techniques=techniques,
        pairs=pairs,
        groups=len(model.groups),
        groups_estimable=sum(model.estimable(contrast) for contrast in contrasts),
        pairs_estimable=seen,
        balanced=_is_balanced(model.columns[:, : 1 + techniques])
        and _are_balanced(measured, model.techniques, results.others),
        runs_for_pairs=next((r for r, most in _MOST_AT_RESOLUTION_V if techniques <= most), None),
    )


def _are_balanced(
    runs: Sequence[Run], techniques: Sequence[str], others: Sequence[Category | Number]
) -> bool:
    """Check that each value of each other parameter is with each of the rest as often as any."""
    columns = [[repr(run.params.get(one.name)) for run in runs] for one in others]
    columns += [[str(name in run.on) for run in runs] for name in techniques if columns]
    pairs = combinations_with_replacement(columns, 2)
    return all(
        len(set(Counter(zip(one, other, strict=True)).values())) == 1
        and (one is other or len(set(zip(one, other, strict=True)))
             == len(set(one)) * len(set(other)))
        for one, other in pairs
    )  # fmt: skip


def _is_balanced(columns: np.ndarray) -> bool:
    """Check a constant and techniques as ±1, (runs, 1 + techniques), for orthogonality."""
    return bool(np.array_equal(columns.T @ columns, len(columns) * np.eye(columns.shape[1])))
