"""Effects of techniques at each level of a factor, such as the learning rate, and at its best.

A technique may pay at one learning rate alone. Its effect at a level is the mean there with it on
minus the mean there with it off; at the best level, the best of the means with it on minus the best
of those with it off, whichever rates these are at. Interactions of two techniques are random terms
of the fit, see `random_pairs`, as the design cannot tell all of them from how an effect changes
with the level. The runs of one level may be noisier than the rest, or less noisy, as those of the
highest learning rate often are.

A sampler that learns leaves some levels after a few trials. Where these do not tell a technique's
effect it is left out, and taken to be the mean of those at the other levels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from search.analysis.cell_means import p_by_cells
from search.analysis.covariates import covariates
from search.analysis.least_squares import pseudo_inverse, rank, residual_dof
from search.analysis.looks import Look, look_at
from search.analysis.model import ENOUGH_DOF, pair_groups, signs, varied
from search.analysis.random_pairs import MixedFit, fit_mixed
from search.analysis.scale_refit import Scale, conversion
from search.analysis.solving import root
from search.analysis.t_distribution import ALPHA, cdf, familywise, quantile
from search.parameters import Category, Number
from search.planning.mixed_design import mixed_runs
from search.results import Results, Run

_CHOICE = 0.01
"""Of the 5 % of an interval at the best level, what is for naming the levels that may be best."""
_MOST_COMPARED, _MOST_VALUES = 200, 600_000
"""Techniques at every two levels, in another program's study, and these times its trials: of more,
effects at each level would take much longer than the rest of the analysis."""
_LEAST_SEEN = 2
"""Runs at a level with a technique on, and with it off, for its effect there to be estimated."""
_LEAST_DOF = ENOUGH_DOF
"""With fewer, too little tells how large the noise and the interactions are."""


@dataclass(frozen=True)
class LevelEffect:
    """A technique's effect at one level, averaged over the rest.

    In points (percentage points) of a share such as accuracy, else in the objective's unit.
    """

    level: Any
    effect: float
    low: float
    """Ends of the 95 % interval. Where the effects of a technique surely differ, it allows for
    naming the technique for that (Benjamini & Yekutieli 2005)."""
    high: float
    p_value: float
    """Two-sided, corrected for the number of techniques and levels; NaN while planned runs are
    still to come."""

    @property
    def sign(self) -> int:
        """1 or −1 where the effect is certain, else 0."""
        return 0 if not self.p_value < ALPHA else 1 if self.effect > 0 else -1


@dataclass(frozen=True)
class EffectByLevel:
    """A technique's effects at the levels of a factor, and at the best of them."""

    technique: str
    factor: str
    levels: tuple[LevelEffect, ...]
    """In the order of numbers, or else of the factor; two or more, as far as the runs tell them."""
    on: Any
    """The level with the best mean where the technique is on."""
    off: Any
    """The same where it is off."""
    effect: float
    """The mean at `on` with the technique on, minus that at `off` with it off."""
    low: float
    """Ends of the 95 % interval, which allows for the choice of both levels."""
    high: float
    p_differs: float = math.nan
    """Of the two levels at which the effect differs most clearly, corrected for all techniques and
    pairs of levels; NaN while planned runs are still to come."""

    removable: bool = False
    """True where it does not surely differ on a scale on which the techniques add up better."""

    @property
    def differs(self) -> bool:
        """True where the effect is surely another at one level than at another."""
        return self.p_differs < ALPHA

    @property
    def depends(self) -> bool:
        """True where it differs, and the scale is not the reason."""
        return self.differs and not self.removable

    @property
    def reverses(self) -> bool:
        """True where the effect is surely above zero at one level and below it at another.

        It surely differs then too, which in another program's study the means of the runs show.
        """
        return self.differs and {1, -1} <= {one.sign for one in self.levels}


def effects_by_level(results: Results, scale: Scale | None = None) -> list[EffectByLevel]:
    """Estimate the effects at each level of each factor of several, by the measured runs.

    Of another program's study a factor is what every complete trial was asked for, and the effects
    are adjusted for the other parameters. `scale` is one on which the techniques add up better, if
    there is one. Empty where the runs are too few to tell the effects apart.
    """
    runs = results.of("measure")
    rows = _by_levels(results, runs)
    if scale is None:
        return rows
    there = _by_levels(results, [*map(conversion(runs, scale), runs)])
    return [replace(row, removable=not same.differs) for row, same in zip(rows, there, strict=True)]


def _by_levels(results: Results, runs: Sequence[Run]) -> list[EffectByLevel]:
    factors, look, maximize = results.choices, look_at(results), results.objective.maximize
    compared = len(results.factors) * sum(len(one.levels) ** 2 for one in factors)
    large = compared > _MOST_COMPARED or compared * len(runs) > _MOST_VALUES
    if results.foreign and large:
        return []
    others = [one for one in results.others if one.name not in {two.name for two in factors}]
    rows = [
        (row, one)
        for one in factors
        for row in by_level(runs, results.factors, one, factors, maximize, look, others)
    ]
    if not results.foreign:
        return [row for row, _ in rows]
    alone = [p_by_cells(results, runs, row.technique, one) for row, one in rows]
    pairs = sum(math.comb(len(row.levels), 2) for row, _ in rows)
    return [replace(row, p_differs=max(row.p_differs, min(1.0, p_value * pairs)))
            for (row, _), p_value in zip(rows, alone, strict=True)]  # fmt: skip


def by_level(
    runs: Sequence[Run],
    techniques: Sequence[str],
    factor: Category,
    several: Sequence[Category],
    maximize: bool,
    look: Look,
    others: Sequence[Category | Number] = (),
) -> list[EffectByLevel]:
    """Estimate each technique's effects at the levels of a factor; `several` are all factors.

    They are adjusted for `others`, which another program's trials differ in.

    The interval at the best level is the union of those of every two levels that may be the best.
    Levels that may be are those that are not surely worse than another, at 99 % for both sides
    together; each of the union's intervals is of 96 % (Berger & Boos 1994, J. Am. Stat. Assoc. 89).
    Empty where the runs cannot tell the effects apart.
    """
    names = varied(runs, techniques)
    fit = _Fit.of(runs, names, factor, several, others, maximize, look) if names else None
    if fit is None:
        return []
    pairs = len(names) * sum(math.comb(len(one.levels), 2) for one in several)
    differ = {at: fit.p_differs(at, pairs) for at in fit.compared}
    named = sum(p_value < ALPHA for p_value in differ.values())
    return [fit.technique(names[at], at, p_value, named) for at, p_value in differ.items()]


@dataclass(frozen=True, eq=False)
class _Fit:
    """Means at each level, and half of each technique's effect there, with their covariance."""

    factor: str
    levels: tuple[Any, ...]
    seen: np.ndarray
    """(sides, techniques, levels): True where there are runs with it off, and with it on."""
    terms: np.ndarray
    """(techniques, levels): the column of half of the effect there; −1 where the runs do not tell
    it."""
    mixed: MixedFit
    """Its first terms: a mean for each level, then half of each effect."""
    maximize: bool
    look: Look

    @classmethod
    def of(
        cls,
        runs: Sequence[Run],
        names: Sequence[str],
        factor: Category,
        several: Sequence[Category],
        others: Sequence[Category | Number],
        maximize: bool,
        look: Look,
    ) -> _Fit | None:
        here = _indicators(runs, factor)
        seen = [at for at in factor.ordered if here[:, at].any()]
        if len(seen) < 2:
            return None
        here = here[:, seen]
        on = signs(runs, names)
        counts = np.array([(on == side).T @ here for side in (-1, 1)])
        terms = _terms(here, on, counts.min(axis=0) >= _LEAST_SEEN)
        somewhere = np.any(terms >= 0, axis=1)
        own = [here, *(_columns(here, on[:, at], terms[at] >= 0)
                       for at in np.flatnonzero(somewhere))]  # fmt: skip
        rest = [_indicators(runs, one) for one in several if one.name != factor.name]
        beside = [on[:, ~somewhere], *((one - one.mean(axis=0))[:, 1:] for one in rest)]
        more = covariates(runs, sum(one.shape[1] for one in (*own, *beside)) - 1, others).columns
        fixed = np.column_stack([*own, *beside, *([] if more is None else [more])])
        if residual_dof(fixed) < _LEAST_DOF:
            return None
        columns, groups = pair_groups(on, names)
        random = columns * np.sqrt([len(group.pairs) for group in groups])
        values = np.array([[run.scaled] for run in runs])
        inverse = pseudo_inverse(np.column_stack([fixed, random]))
        at = here.T > 0
        # Of two levels, one is the rest of the other.
        noisier = [*at, *~at] if len(seen) > 2 else [*at]
        mixed = fit_mixed(fixed, random, inverse, values, np.zeros(1), 0, noisier)
        levels = tuple(factor.levels[at] for at in seen)
        return cls(factor.name, levels, counts > 0, terms, mixed, maximize, look)

    @property
    def compared(self) -> list[int]:
        """Techniques whose effect is known at two levels or more."""
        return [at for at, one in enumerate(self.terms) if np.sum(one >= 0) > 1]

    def p_differs(self, technique: int, pairs: int) -> float:
        """See `EffectByLevel`; `pairs` of levels are compared, of all techniques and factors."""
        effects = self._effects(technique).values()
        apart = (one - other for one, other in combinations(effects, 2))
        return min(self._p_value(weights, pairs) for weights in apart)

    def technique(self, name: str, at: int, p_differs: float, named: int) -> EffectByLevel:
        """Estimate the effects of the technique that is so far among those that vary, of which so
        many are `named` for effects that differ."""
        chosen = named / len(self.compared) if p_differs < ALPHA else 1.0
        coverage = 1 - chosen * ALPHA
        each = [self._effect(self.levels[one], weights, coverage)
                for one, weights in self._effects(at).items()]  # fmt: skip
        sides = self._means(at, 1), self._means(at, -1)
        best = [self._best(means) for means in sides]
        on, off = (self.levels[one] for one in best)
        effect, low, high = self._at_best(sides, best)
        return EffectByLevel(name, self.factor, tuple(each), on, off, effect, low, high, p_differs)

    def _means(self, technique: int, side: int) -> dict[int, np.ndarray]:
        """Weights, (terms,), of the mean at each level with the technique on, 1, or off, −1, by the
        place of the level."""
        own = self.terms[technique]
        known = own[own >= 0]
        weights = {}
        for at in np.flatnonzero(self.seen[int(side > 0), technique]).tolist():
            weights[at] = np.zeros(self.mixed.by_shape.shape[1])
            weights[at][at] = 1
            halves = own[[at]] if own[at] >= 0 else known
            weights[at][halves] = side / len(halves)
        return weights

    def _effects(self, technique: int) -> dict[int, np.ndarray]:
        """Weights, (terms,), of the technique's effect at each level, by the place of the level."""
        on, off = (self._means(technique, side) for side in (1, -1))
        return {at: on[at] - off[at] for at in np.flatnonzero(self.terms[technique] >= 0).tolist()}

    def _value(self, weights: np.ndarray) -> float:
        """Value of a combination of the coefficients."""
        return float(weights @ self.mixed.coefficients[: len(weights), 0])

    def _margin(self, weights: np.ndarray, probability: float) -> float:
        """Margin on one side of the estimate that holds the true value with some probability."""
        errors, chances = self.mixed.errors(weights)
        alone = quantile(self.mixed.dof, probability) * errors
        if not np.ptp(alone) > 0:
            return float(alone[0])

        def beyond(margin: float) -> float:
            each = [1 - cdf(margin / error, self.mixed.dof) if error else 0.0
                    for error in errors.tolist()]  # fmt: skip
            return float(chances @ each) - (1 - probability)

        return root(beyond, float(alone.min()), float(alone.max()), 1e-9 * float(alone.max()))

    def _effect(self, at: Any, weights: np.ndarray, coverage: float) -> LevelEffect:
        effect, margin = self._value(weights), self._margin(weights, (1 + coverage) / 2)
        p_value = self._p_value(weights, int(np.sum(self.terms >= 0)))
        return LevelEffect(at, effect, effect - margin, effect + margin, p_value)

    def _p_value(self, weights: np.ndarray, tests: int) -> float:
        """The p-value of a combination of the coefficients, one of so many tests."""
        effect, dof = self._value(weights), self.mixed.dof
        if not (self.look.complete and dof):
            return math.nan
        errors, chances = self.mixed.errors(weights)
        each = [familywise(effect / error, dof, tests) if error else float(effect == 0)
                for error in errors.tolist()]  # fmt: skip
        return self.look.corrected(float(chances @ each), tests)

    def _best(self, means: Mapping[int, np.ndarray]) -> int:
        values = {at: self._value(weights) for at, weights in means.items()}
        return (max if self.maximize else min)(values, key=values.__getitem__)

    def _may_be_best(self, means: Mapping[int, np.ndarray]) -> Iterator[int]:
        """The levels that are not surely worse than any other."""
        probability = 1 - _CHOICE / 2 / (len(means) - 1)
        for at, own in means.items():
            others = [
                (other - own) * (1 if self.maximize else -1)
                for other in means.values() if other is not own
            ]  # fmt: skip
            if all(self._value(one) <= self._margin(one, probability) for one in others):
                yield at

    def _at_best(
        self,
        sides: tuple[Mapping[int, np.ndarray], Mapping[int, np.ndarray]],
        best: Sequence[int],
    ) -> tuple[float, float, float]:
        """The effect at the best levels, and the ends of its interval."""
        on, off = sides
        effect = self._value(on[best[0]] - off[best[1]])
        if not self.mixed.dof:
            return effect, math.nan, math.nan
        probability = 1 - (ALPHA - _CHOICE) / 2
        ends = [
            (self._value(weights) - margin, self._value(weights) + margin)
            for one in self._may_be_best(on)
            for other in self._may_be_best(off)
            for weights in [on[one] - off[other]]
            for margin in [self._margin(weights, probability)]
        ]
        return effect, min(low for low, _ in ends), max(high for _, high in ends)


def _terms(here: np.ndarray, on: np.ndarray, enough: np.ndarray) -> np.ndarray:
    """Number the effects that the runs tell, (techniques, levels), after a mean for each level.

    `here` has 1 at the level of each run, (runs, levels), and `on` each technique as ±1, (runs,
    techniques). Those with `enough` runs, (techniques, levels), are told, unless the runs of the
    level do not tell all of them apart; the rest are −1.
    """
    told = enough.copy()
    for level, runs in enumerate(here.T > 0):
        some = on[runs][:, told[:, level]]
        columns = np.column_stack([np.ones(len(some)), some])
        if rank(columns) < columns.shape[1]:
            told[:, level] = False
    return np.where(told, here.shape[1] - 1 + np.cumsum(told).reshape(told.shape), -1)


def _columns(here: np.ndarray, on: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Columns, (runs, levels that are told), of half of a technique's effects.

    At the other levels it is half of the mean of those.
    """
    elsewhere = (here[:, ~told].sum(axis=1) * on)[:, np.newaxis]
    return np.asarray(here[:, told] * on[:, np.newaxis] + elsewhere / int(told.sum()))


def _indicators(runs: Sequence[Run], factor: Category) -> np.ndarray:
    """(runs, levels): 1 at the level of each run."""
    return np.array(factor.columns([run.params for run in runs])).T


def runs_for_levels(techniques: int, several: Sequence[Category], runs: int) -> int | None:
    """The fewest runs of a design with which effects at each level can be told apart.

    None where as many as these `runs` suffice, or no design is large enough.
    """
    counts = [len(one.levels) for one in several]
    most = max(counts, default=0)
    terms = most * (1 + techniques) + sum(count - 1 for count in counts) - (most - 1)
    least = max(runs + 1, terms + _LEAST_DOF)
    return next((size for size in mixed_runs(techniques, counts) if size >= least), None)
