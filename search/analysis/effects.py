"""The effect of each technique on the objective, from the `measure` runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from search.analysis.model import Fit, build, fit
from search.analysis.t_distribution import CONFIDENCE, familywise, quantile
from search.results import Results, Run

POWER = 0.8

_DRAWS = 20_000
"""For the probabilities of ranking first and among the top three; their error is below 0.4 %."""

Verdict = Literal["helps", "hurts", "not distinguishable from a change of seed", "no estimate"]


@dataclass(frozen=True)
class Effect:
    """What turning one technique on does, on average over the others.

    In points (percentage points) of accuracy, or in the unit of the study's objective.
    """

    technique: str
    effect: float
    low: float
    """Ends of the 95 % interval; NaN where the runs leave no estimate of the noise."""
    high: float
    p_value: float
    """Two-sided, corrected for as many tests as there are techniques; see `familywise`."""
    verdict: Verdict
    first: float
    """Probability that no other technique's effect is larger, whatever its sign."""
    top_three: float
    """Probability that at most two other techniques' effects are larger."""
    smallest_step: float
    """The step it takes where the others suit it least; NaN unless every pair is separable."""
    largest_step: float


@dataclass(frozen=True)
class Effects:
    """The effects, largest first, and what they rest on."""

    effects: tuple[Effect, ...]
    runs: int
    fit: Fit
    start: float
    """What all off comes to, in percent or the objective's unit; NaN where the model cannot say."""
    floor: float
    """The smallest effect that this many runs find 4 times in 5, in points or that unit."""

    @property
    def pairs(self) -> bool:
        """Whether interactions of two techniques are in the fit, not in the noise."""
        return self.fit.model.pairs

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the estimate of the noise."""
        return self.fit.freedom

    @property
    def noise(self) -> float:
        """Standard deviation of one run around the fit, in that unit; NaN without freedom."""
        return float(self.fit.noise[0])

    def of(self, technique: str) -> Effect:
        """The effect of one technique."""
        return next(effect for effect in self.effects if effect.technique == technique)


def repeated(results: Results) -> list[list[Run]]:
    """Runs of one recipe and phase on several seeds: they tell the noise from everything else.

    The search is left out, as a sampler chose its recipes and a pruner its runs.
    """
    groups: dict[tuple[str, frozenset[str], str], list[Run]] = {}
    for run in results.of("confirm", "ladder"):
        groups.setdefault((run.phase, run.on, repr(sorted(run.params.items()))), []).append(run)
    return [group for group in groups.values() if len(group) > 1]


def effects(
    runs: Sequence[Run],
    techniques: Sequence[str],
    repeats: Sequence[Sequence[Run]] = (),
    maximize: bool = True,
) -> Effects | None:
    """Fit the objective by least squares on the techniques as ±1 columns and on their pairs.

    An effect is twice its coefficient: under the pairwise model the technique's Shapley value, its
    mean step over all orders in which the techniques could have been added, so that the effects
    sum to all on minus all off. Standard errors are those of `model.fit`; intervals and p-values
    are Student's t. `repeats` are groups of runs of one recipe each, which lend their noise where
    `runs` alone leave too little.

    Returns None while the runs cannot tell any technique from the others.
    """
    measured = [run for run in runs if run.value is not None]
    spare = sum(len(group) - 1 for group in repeats)
    model = build(measured, techniques, spare)
    if model is None:
        return None
    fitted = fit(
        model,
        np.array([[run.scaled] for run in measured]),
        [np.array([[run.scaled] for run in group]) for group in repeats],
    )
    known = [t for t in model.techniques if model.estimable(model.technique_contrast(t))]
    contrasts = np.array([model.technique_contrast(t) for t in known])
    middles = contrasts @ fitted.coefficients[:, 0]
    covariance = fitted.covariance(contrasts)
    errors = np.sqrt(np.diag(covariance))
    ranks = _ranks(middles, covariance, fitted.freedom)
    tests = len(known)
    reaches = _reaches(fitted)
    found = []
    for name in techniques:
        if name not in known:
            nan = math.nan
            found.append(Effect(name, nan, nan, nan, nan, "no estimate", nan, nan, nan, nan))
            continue
        at = known.index(name)
        middle, error = float(middles[at]), float(errors[at])
        p_value, verdict = _judge(middle, error, fitted.freedom, tests, maximize)
        half = fitted.half * error
        reach = reaches.get(name, math.nan)
        found.append(
            Effect(
                name, middle, middle - half, middle + half, p_value, verdict, *ranks[at],
                middle - reach, middle + reach,
            )
        )  # fmt: skip
    known_first = sorted(found, key=lambda e: (math.isnan(e.effect), -abs(e.effect)))
    base = model.prediction(())
    start = float(base @ fitted.coefficients[:, 0]) if model.estimable(base) else math.nan
    needed = (fitted.half + quantile(fitted.freedom, POWER)) * float(np.mean(errors))
    return Effects(tuple(known_first), len(measured), fitted, start, needed)


def _judge(
    effect: float, error: float, freedom: int, tests: int, maximize: bool
) -> tuple[float, Verdict]:
    if not freedom:
        return math.nan, "no estimate"
    p_value = familywise(effect / error, freedom, tests) if error else float(effect == 0)
    if p_value >= 1 - CONFIDENCE:
        return p_value, "not distinguishable from a change of seed"
    return p_value, "helps" if (effect > 0) == maximize else "hurts"


def _ranks(middles: np.ndarray, covariance: np.ndarray, freedom: int) -> list[tuple[float, float]]:
    """For each effect, the probabilities that it is first and that it is in the top three.

    Draws from the effects' multivariate t distribution: what the runs leave possible, with no
    belief beforehand. NaN without freedom or without any noise.
    """
    if not freedom or not covariance.any():
        return [(math.nan, math.nan)] * len(middles)
    random = np.random.default_rng(0)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    spread = random.standard_normal((_DRAWS, len(middles))) @ root.T
    spread /= np.sqrt(random.chisquare(freedom, (_DRAWS, 1)) / freedom)
    sizes = np.abs(middles + spread)
    first, three = (
        np.mean(sizes >= np.partition(sizes, -place, axis=1)[:, [-place]], axis=0)
        for place in (1, min(3, len(middles)))
    )
    return [(float(a), float(b)) for a, b in zip(first, three, strict=True)]


def _reaches(fitted: Fit) -> dict[str, float]:
    """How far each technique's step lies from its effect where the others suit it best or least.

    The interactions are shrunk towards zero by the share of their spread that is noise (James &
    Stein 1961): added up unshrunk, their noise alone would make a range. Empty where that is not
    known.
    """
    model = fitted.model
    if not model.lone_pairs or not fitted.freedom:
        return {}
    contrasts = np.array([model.group_contrast(at) for at in range(len(model.groups))])
    contrasts = contrasts.reshape(len(model.groups), model.columns.shape[1])
    middles = contrasts @ fitted.coefficients[:, 0]
    noise = float(np.trace(fitted.covariance(contrasts)))
    total = float(np.sum(middles**2))
    kept = max(0.0, 1 - noise / total) if total > 0 else 0.0
    reaches = dict.fromkeys(model.techniques, 0.0)
    for group, middle in zip(model.groups, middles, strict=True):
        for name in group.pairs[0]:
            reaches[name] += kept * abs(float(middle)) / 2
    return reaches
