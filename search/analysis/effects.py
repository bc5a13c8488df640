"""Effects of the techniques on the objective, from the `measure` runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import UnionType
from typing import Literal

import numpy as np

from search.analysis.covariates import Level, Pair
from search.analysis.distributions import t_draws
from search.analysis.far_runs import brought_about, far_runs, without
from search.analysis.fit import Fit, fit
from search.analysis.looks import ALONE, Look, look_at
from search.analysis.model import Model, build
from search.analysis.shared_seeds import distinct
from search.analysis.t_distribution import ALPHA, detectable, familywise, quantile
from search.errors import InputError, as_given
from search.parameters import Category, Number
from search.results import Results, Run, by_recipe

_DRAWS = 20_000
"""For the probabilities of ranks; their error is below 0.4 %."""

Verdict = Literal["helps", "hurts", "no clear effect", "no estimate", "not yet"]
"""'No clear effect': the runs cannot tell the effect from a change of seed. 'Not yet': some of the
planned runs are still to come."""

CERTAIN: tuple[Verdict, ...] = ("helps", "hurts")


@dataclass(frozen=True)
class Effect:
    """Change of the objective when one technique is turned on, averaged over the others.

    Or when a parameter of several levels goes from its reference level to another. In points
    (percentage points) of a share such as accuracy, else in the objective's unit.
    """

    technique: str
    """Its name, or that of the level."""
    effect: float
    low: float
    """Ends of the 95 % interval; NaN where the noise cannot be estimated."""
    high: float
    p_value: float
    """Two-sided, corrected for the number of effects (see `familywise`) and for the looks at the
    study (see `looks`); NaN while planned runs are still to come."""
    verdict: Verdict
    first: float
    """Probability that no other technique's effect is larger in size, whatever the sign. Of a
    parameter of several levels it is that of its largest effect, and NaN at its other levels."""
    top_three: float
    """Probability that at most two others are."""
    level: Level | None = None
    """None of a technique that is on or off."""

    @property
    def parameter(self) -> str:
        """The technique, or the parameter that the level is of."""
        return self.level.parameter if self.level else self.technique

    @property
    def phrase(self) -> str:
        """Its name in a sentence."""
        return self.level.phrase if self.level else self.technique


@dataclass(frozen=True)
class Effects:
    """Effects, largest first, with the fit that they come from."""

    effects: tuple[Effect, ...]
    runs: int
    fit: Fit
    baseline: float
    """Fitted value of all off, in percent or the objective's unit; NaN where not estimable."""
    error: float
    """Mean standard error of the effects."""
    error_dof: float
    """Mean degrees of freedom of these errors."""
    look: Look = ALONE
    """The look at the study that these are of."""

    @cached_property
    def minimum_detectable_effect(self) -> float:
        """Smallest effect that gets its verdict in 4 such studies of 5, in the effects' unit."""
        return self.error * detectable(self.error_dof, self.tests, self.look.alpha(self.tests))

    @property
    def tests(self) -> int:
        """Number of effects with an estimate, for which verdicts are corrected."""
        return sum(not math.isnan(effect.effect) for effect in self.effects)

    @property
    def pairs(self) -> bool:
        """True where interactions of two techniques are in the fit, and not in the noise."""
        return self.fit.model.pairs

    @property
    def adjusted(self) -> bool:
        """True where the effects are beside other parameters in the fit."""
        return self.fit.model.covariates.columns is not None

    @property
    def parameters(self) -> int:
        """Number of techniques, and of parameters with levels."""
        return len({effect.parameter for effect in self.effects})

    @property
    def levels(self) -> bool:
        """True where some effects are of levels."""
        return any(effect.level for effect in self.effects)

    @property
    def dof(self) -> int:
        """Degrees of freedom of the noise's estimate."""
        return self.fit.dof

    @property
    def noise(self) -> float:
        """Standard deviation of one run around the fit, in the effects' unit; NaN where unknown."""
        return float(self.fit.noise[0])

    def of(self, technique: str) -> Effect:
        """Effect of one of the techniques; raises `InputError` for another name."""
        named = {effect.technique: effect for effect in self.effects}
        if not isinstance(technique, str) or technique not in named:
            raise InputError(
                f"there is no effect of {as_given(technique)}; there are those of "
                f"{', '.join(named)}"
            )
        return named[technique]

    def changed(self, other: Effects) -> tuple[Effect, ...]:
        """The effects in `other` of the same techniques with another verdict, certain here or
        there."""
        check_effects(other)
        named = {one.technique for one in self.effects}
        return tuple(
            there
            for there in other.effects
            if there.technique in named
            and (here := self.of(there.technique)).verdict != there.verdict
            and (here.verdict in CERTAIN or there.verdict in CERTAIN)
        )


def repeated(results: Results) -> list[list[Run]]:
    """Groups of runs that differ in nothing but their seed, which show the noise alone.

    Those at the budget of the `measure` runs. The search is left out, as a sampler chose its
    recipes and a pruner its runs. Of the candidates of `confirm` only the first counts: they are
    alike, and good recipes are less noisy than most. Recipes that seeds move alike count once.
    """
    budget = results.epochs_of("measure")
    phases = (phase for phase in ("ladder", "confirm") if results.epochs_of(phase) == budget)
    groups = (group for phase in phases for group in by_recipe(results.of(phase)))
    several = [group for group in groups if len(group) > 1]
    candidates = [
        group for group in several
        if group[0].phase == "confirm" and not results.end_of(group[0])
    ]  # fmt: skip
    return distinct(
        [group for group in several if not any(group is other for other in candidates[1:])]
    )


def effects_of(results: Results, runs: Sequence[Run] | None = None) -> Effects | None:
    """Estimate the effects of a study by its measured runs, and by its `repeated` ones.

    `runs` are some of the measured ones, which alone count. Where a few of another program's trials
    are far from all others, what they change in an effect counts as a standard error of its own: a
    sampler that learns goes where they are not, so it is not chance that spreads them over the
    techniques, and they are no normal noise (Draper 1995).
    """
    found = effects(
        results.of("measure") if runs is None else runs,
        results.factors, repeated(results), results.objective.maximize, look_at(results),
        results.others,
    )  # fmt: skip
    chosen = runs is None and not (results.designed or results.enqueued)
    far = far_runs(results) if found is not None and chosen else []
    if found is None or not far or found.fit.failing or found.fit.outlier:
        return found
    return _doubted(found, effects_of(results, without(results, far)), far, results)


def _doubted(found: Effects, rest: Effects | None, far: Sequence[Run], results: Results) -> Effects:
    """Widen effects and interactions by their differences to those of the `rest` of the runs, and
    to the errors of these.

    An effect that the rest does not tell is of the far runs alone. The effects of what brings the
    far runs about stay as they are: being far is its effect.
    """
    fit, other = found.fit, None if rest is None else rest.fit
    names = fit.model.estimable_names
    there = {} if other is None else _contrasts(other.model)
    doubts = np.zeros_like(fit.coefficients) if fit.doubts is None else fit.doubts.copy()
    brought = brought_about(results, far)
    innocent = {
        effect.technique
        for effect in found.effects
        if effect.technique in names and not _decides(effect, brought)
    }
    for key, contrast in _contrasts(fit.model).items():
        if isinstance(key, str) and key not in innocent:
            continue
        doubt, error, _ = fit.first(contrast)
        if other is not None and key in there:
            value, wider, _ = other.first(there[key])
            doubt = math.hypot(doubt - value, math.sqrt(max(0.0, wider**2 - error**2)))
        (place,) = np.flatnonzero(contrast)
        doubts[place, 0] = math.hypot(doubts[place, 0], doubt / contrast[place])
    return _told(
        replace(fit, doubts=doubts), found.runs, results.factors, results.objective.maximize,
        found.look,
    )  # fmt: skip


def _contrasts(model: Model) -> dict[str | tuple[Pair, ...], np.ndarray]:
    """The contrasts, (terms,), of each effect and interaction that can be estimated."""
    found: dict[str | tuple[Pair, ...], np.ndarray] = {
        name: model.technique_contrast(name) for name in model.estimable_names
    }
    for at, group in enumerate(model.groups if model.pairs else ()):
        if model.estimable(contrast := model.group_contrast(at)):
            found[group.pairs] = contrast
    return found


def _decides(effect: Effect, brought: Collection[str]) -> bool:
    """Tell whether a technique, or one of the two levels that an effect is between, is among what
    brings far runs about."""
    level = effect.level
    if level is None:
        return effect.technique in brought
    names = {f"{level.parameter} {one}" for one in (level.level, level.reference)}
    return not names.isdisjoint(brought)


def effects(
    runs: Sequence[Run],
    techniques: Sequence[str],
    repeats: Sequence[Sequence[Run]] = (),
    maximize: bool = True,
    look: Look = ALONE,
    others: Sequence[Category | Number] = (),
) -> Effects | None:
    """Estimate the effects by least squares on the techniques as ±1 columns and on their pairs.

    `runs` have a value each, as those of `Results.of` have.
    An effect is twice its coefficient. Under the pairwise model it is the technique's Shapley
    value: the mean of its steps over all orders of adding the techniques, so that the effects sum
    to all on minus all off. Standard errors are those of `model.fit`; intervals and p-values are
    Student's t. `repeats` are groups of runs of one recipe each; the noise is estimated from them
    too where `runs` leave too few degrees of freedom. `look` says whether verdicts are due, and how
    sure they must be. `others` are a foreign study's further parameters: their levels have effects
    too, and all effects are adjusted for the rest, both as far as the runs allow; see `covariates`.

    Returns None where the runs cannot estimate any effect. Raises `InputError` for what is none of
    these, and for a run without a value.
    """
    _check_runs("runs", runs)
    _check_list("techniques", techniques, str, "names, as results.factors")
    _check_list("repeats", repeats, Sequence, "lists of runs")
    for group in repeats:
        _check_runs("repeats", group)
    if not isinstance(look, Look):
        raise InputError(f"look={as_given(look)} is no look at a study; leave it out")
    _check_list("others", others, Category | Number, "parameters, as results.others")
    model = build(runs, techniques, sum(len(group) - 1 for group in repeats), others)
    if model is None:
        return None
    fitted = fit(
        model,
        np.array([[run.scaled] for run in runs]),
        [np.array([[run.scaled] for run in group]) for group in repeats],
    )
    return _told(fitted, len(runs), techniques, maximize, look)


def check_effects(given: object) -> None:
    """Raise `InputError` for what a caller in Python may take for effects, such as findings."""
    if not isinstance(given, Effects):
        raise InputError(f"{as_given(given)} is no effects; it takes findings.effects")


def _check_list(name: str, given: object, kind: type | UnionType, takes: str) -> None:
    wrong = [given]
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        wrong = [one for one in given if not isinstance(one, kind)]
    if wrong:
        raise InputError(f"{name} takes a list of {takes}, and not {as_given(wrong[0])}")


def _check_runs(name: str, runs: Sequence[Run]) -> None:
    _check_list(name, runs, Run, "runs, as results.of('measure')")
    for run in runs:
        if run.value is None:
            raise InputError(
                f"{name} has run {run.number}, which is {run.state} and has no value; "
                "results.of('measure') are the complete ones"
            )


def _told(fitted: Fit, runs: int, techniques: Sequence[str], maximize: bool, look: Look) -> Effects:
    """Tell the effects of a fit of so many runs."""
    model = fitted.model
    levels = {one.name: one for one in (*model.levels, *model.covariates.unseen)}
    known = model.estimable_names
    contrasts = np.array([model.technique_contrast(t) for t in known])
    estimates = contrasts @ fitted.coefficients[:, 0]
    covariance = fitted.covariance(contrasts)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))  # rounding, where runs have no noise
    dofs = [fitted.dof_of(contrast) for contrast in contrasts]
    parameters = [levels[name].parameter if name in levels else name for name in known]
    ranks = _ranks(estimates, covariance, fitted.dof, parameters)
    tests = len(known)
    rows = []
    for name in (*techniques, *levels):
        level = levels.get(name)
        if name not in known:
            nan = math.nan
            rows.append(Effect(name, nan, nan, nan, nan, "no estimate", nan, nan, level))
            continue
        at = known.index(name)
        effect, error = float(estimates[at]), float(errors[at])
        p_value, verdict = _judge(effect, error, dofs[at], tests, maximize, look)
        margin = quantile(dofs[at]) * error
        rows.append(
            Effect(
                name, effect, effect - margin, effect + margin, p_value, verdict, *ranks[at], level
            )
        )  # fmt: skip
    known_first = sorted(rows, key=lambda e: (math.isnan(e.effect), -abs(e.effect)))
    all_off = model.prediction(())
    baseline = float(all_off @ fitted.coefficients[:, 0]) if model.estimable(all_off) else math.nan
    return Effects(
        tuple(known_first), runs, fitted, baseline, float(np.mean(errors)),
        float(np.mean(dofs)), look,
    )  # fmt: skip


def _judge(
    effect: float, error: float, dof: float, tests: int, maximize: bool, look: Look
) -> tuple[float, Verdict]:
    if not dof:
        return math.nan, "no estimate"
    if not look.complete:
        return math.nan, "not yet"
    p_value = familywise(effect / error, dof, tests) if error else float(effect == 0)
    p_value = look.corrected(p_value, tests)
    if p_value >= ALPHA:
        return p_value, "no clear effect"
    return p_value, "helps" if (effect > 0) == maximize else "hurts"


def _ranks(
    estimates: np.ndarray, covariance: np.ndarray, dof: int, parameters: Sequence[str]
) -> list[tuple[float, float]]:
    """Probabilities of each effect that it is first and that it is in the top three.

    A parameter of several levels counts once, by its largest effect in each draw. Draws from the
    effects' multivariate t distribution, with no prior. NaN without degrees of freedom or without
    any noise.
    """
    if not dof or not covariance.any():
        return [(math.nan, math.nan)] * len(estimates)
    every = np.abs(estimates + t_draws(covariance, dof, _DRAWS))
    of = {name: [at for at, one in enumerate(parameters) if one == name] for name in parameters}
    sizes = np.column_stack([every[:, places].max(axis=1) for places in of.values()])
    first, three = (
        np.mean(sizes >= np.partition(sizes, -place, axis=1)[:, [-place]], axis=0)
        for place in (1, min(3, len(of)))
    )
    ranks = [(math.nan, math.nan)] * len(estimates)
    for places, one, top in zip(of.values(), first, three, strict=True):
        ranks[max(places, key=lambda at: abs(estimates[at]))] = (float(one), float(top))
    return ranks
