"""Interactions of two techniques, from the `measure` runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from string import ascii_uppercase

import numpy as np

from search.analysis.after_choice import after_choice
from search.analysis.covariates import Pair
from search.analysis.effects import Effects
from search.analysis.looks import Look
from search.analysis.model import Model
from search.analysis.t_distribution import ALPHA, quantile, two_sided

_ALIKE = 2.5
"""Ratio of the largest to the smallest of interactions that one failing cell may cause: it causes
equal ones, which the techniques' own interactions and the noise change."""

_TAKEN = 0.25
"""Share of an interaction of three in the estimate of a pair's, from which it may explain it."""


@dataclass(frozen=True)
class Interaction:
    """Change of one technique's step when the other is turned on, in the effects' unit.

    Where the design aliases several pairs, the signed sum of theirs.
    """

    pairs: tuple[Pair, ...]
    signs: tuple[int, ...]
    """+1 or −1 for each pair; the first is +1."""
    effect: float = math.nan
    """NaN where the runs cannot estimate it."""
    low: float = math.nan
    """Ends of the 95 % interval, which allows for naming those that are certain."""
    high: float = math.nan
    p_value: float = math.nan
    """Two-sided, corrected for the false discovery rate (Benjamini & Hochberg 1995)."""
    error: float = math.nan
    """Standard error of the effect."""
    dof: float = 0
    """Degrees of freedom of that error."""
    level: float = math.nan
    """Coverage of its interval before the choice: 1 − 0.05 R / m, where R of m interactions are
    certain; R is at least 1."""
    threshold: float = math.nan
    """The |t| from which an interaction is certain, where so many are."""
    triple: tuple[str, ...] = ()
    """Three techniques that may act together, which these runs cannot tell from it; else empty."""
    letter: str = ""
    """Name of a sum of several pairs: A, B, …; else empty."""

    @property
    def name(self) -> str:
        """Name of the pair, or of the aliased sum: `a × b − c × d`."""
        both = zip(self.pairs, self.signs, strict=True)
        parts = [f"{'+' if s > 0 else '−'} {a} × {b}" for (a, b), s in both]
        return " ".join(parts).removeprefix("+ ")

    @property
    def certain(self) -> bool:
        """True where it is significant at a false discovery rate of 5 %."""
        return self.p_value < ALPHA


def interactions(effects: Effects) -> list[Interaction]:
    """Estimate the interaction of every pair, or of aliased pairs; the smallest p-value first.

    Of a pair alone it is the Shapley interaction index (Grabisch & Roubens 1999): under the
    pairwise model, the same whatever else is on. Every number is NaN where the model has no pairs,
    or where the runs cannot separate a pair from others, or from three techniques that seem to act
    together.

    With R certain ones of m, the intervals cover 1 − 0.05 R / m (Benjamini & Yekutieli
    2005, J. Am. Stat. Assoc. 100), or 1 − 0.05 / m where the noise is estimated from interactions
    too. That of a certain one also contains the interval of
    `after_choice`, as that coverage alone does not hold where few are certain.
    """
    fit, model = effects.fit, effects.fit.model
    rows = []
    for at, group in enumerate(model.groups):
        row = Interaction(group.pairs, group.signs)
        if model.pairs and model.estimable(contrast := model.group_contrast(at)):
            effect, error, dof = fit.first(contrast)
            row = replace(row, effect=effect, error=error, dof=dof)
        rows.append(row)
    rows = _tested(rows, effects.look)
    triples = _triples(model, rows)
    if any(triples):
        rows = [
            Interaction(row.pairs, row.signs, triple=triple) if triple else row
            for row, triple in zip(rows, triples, strict=True)
        ]
        rows = _tested(rows, effects.look)
    rows = _with_intervals(rows, effects)
    rows.sort(key=lambda row: (math.isnan(row.p_value), row.p_value, -abs(row.effect)))
    letters = (a + b for a in ("", *ascii_uppercase) for b in ascii_uppercase)
    return [replace(row, letter=next(letters)) if len(row.pairs) > 1 else row for row in rows]


def _tested(rows: Sequence[Interaction], look: Look) -> list[Interaction]:
    """Give every estimate its p-value among all others, at one of a study's looks."""
    if not look.complete:
        return list(rows)
    alone = [
        two_sided(row.effect / row.error, row.dof) if row.error else float(not row.effect)
        for row in rows
        if row.dof
    ]
    adjusted = iter(_benjamini_hochberg([look.corrected(p_value, 1) for p_value in alone]))
    return [replace(row, p_value=next(adjusted)) if row.dof else row for row in rows]


def _with_intervals(rows: Sequence[Interaction], effects: Effects) -> list[Interaction]:
    tests = max(1, sum(row.dof > 0 for row in rows))
    certain = max(1, sum(row.certain for row in rows))
    # Noise that is estimated from the interactions is low where they are taken for certain.
    allowed = 1 if effects.fit.dof_from_interactions else certain
    coverage = 1 - ALPHA * allowed / tests
    chance = effects.look.alpha(1) * certain / tests
    bounded = []
    for row in rows:
        threshold = quantile(row.dof, 1 - chance / 2)
        margin = quantile(row.dof, (1 + coverage) / 2) * row.error
        low, high = row.effect - margin, row.effect + margin
        if row.certain:
            ends = after_choice(row.effect, row.error, row.dof, threshold)
            low, high = min(low, ends[0]), max(high, ends[1])
        bounded.append(replace(row, low=low, high=high, level=coverage, threshold=threshold))
    return bounded


def _triples(model: Model, rows: Sequence[Interaction]) -> list[tuple[str, ...]]:
    """Three techniques for each interaction that they may cause in its place; else empty.

    In a fraction of all recipes, a pair's column may be that of three other techniques, in part or
    in full. Where a combination of these three fails, or helps, each two of them interact, as much
    as the three do (effect heredity, Hamada & Wu 1992, J. Qual. Technol. 24). So they are suspected
    where two by two they interact certainly, and the pair's interaction is like what an interaction
    of the three as large as these would add to it. Where the columns overlap in part, as in a grown
    design, one of the three pairs may be hidden, so two are enough.
    """
    suspects: list[tuple[str, ...]] = [()] * len(rows)
    certain = {frozenset(pair): row for row in rows if row.certain for pair in row.pairs}
    if len(certain) < 2:
        return suspects
    first = 1 + len(model.techniques)
    main = model.columns[:, 1:first]
    pairs = model.inverse[first : first + len(rows)]
    for places in combinations(range(len(model.techniques)), 3):
        triple = tuple(model.techniques[place] for place in places)
        among = [certain.get(frozenset(pair)) for pair in combinations(triple, 2)]
        found = [row for row in among if row is not None]
        if len(found) < 2:
            continue
        taken = np.abs(pairs @ np.prod(main[:, places], axis=1))
        if len(found) < 3 and not np.any((taken > _TAKEN) & (taken < 1 - _TAKEN / 2)):
            continue
        smaller = sorted(abs(row.effect) for row in found)[:2]
        for at, row in enumerate(rows):
            if taken[at] < _TAKEN or row in found:
                continue
            sizes = [abs(row.effect), *(taken[at] * size for size in smaller)]
            if max(sizes) <= _ALIKE * min(sizes):
                suspects[at] = triple
    return suspects


def _benjamini_hochberg(p_values: list[float]) -> list[float]:
    """Adjust p-values for the false discovery rate (Benjamini & Hochberg 1995)."""
    values = np.array(p_values)
    order = np.argsort(-values)
    ranks = np.arange(len(order), 0, -1)
    adjusted = np.minimum.accumulate(values[order] * len(order) / ranks)
    values[order] = np.minimum(1, adjusted)
    return [float(value) for value in values]
