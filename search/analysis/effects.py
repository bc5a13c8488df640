"""The effect of each technique in points of accuracy, from the `measure` runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from search.analysis.student import CONFIDENCE, quantile, two_sided
from search.design import pair_columns
from search.results import Run

POWER = 0.8

_FREEDOM_FOR_PAIRS = 5
"""Degrees of freedom that must remain for the pairwise terms to be worth their cost."""

Verdict = Literal["helps", "hurts", "not distinguishable from a change of seed", "no estimate"]


@dataclass(frozen=True)
class Effect:
    """What turning one technique on does, on average over the others: points of accuracy."""

    technique: str
    effect: float
    low: float
    """Ends of the 95 % interval; NaN where the runs leave no estimate of the noise."""
    high: float
    p_value: float
    """Two-sided, corrected for as many tests as there are techniques (Šidák 1967)."""
    verdict: Verdict


@dataclass(frozen=True)
class Effects:
    """The effects, largest first, and what they rest on."""

    effects: tuple[Effect, ...]
    runs: int
    pairs: bool
    """Whether the fit has every pairwise interaction beside the main effects."""
    freedom: int
    """Degrees of freedom that remain to estimate the noise."""
    noise: float
    """Standard deviation of one run around the fit, in points; NaN without freedom."""
    floor: float
    """The smallest effect that this many runs find 4 times in 5, in points."""


def effects(runs: Sequence[Run], techniques: Sequence[str]) -> Effects | None:
    """Fit accuracy by least squares on the techniques as ±1 columns.

    Every pairwise interaction is in the fit where the runs separate them all and enough freedom
    remains; otherwise they count as noise, which only widens the intervals. An effect is twice its
    coefficient: under the pairwise model the technique's Shapley value, its mean step over all
    orders in which the techniques could have been added. Standard errors are HC2 (MacKinnon &
    White 1985), which in a balanced design are the classical ones and stay honest where runs are
    missing; intervals and p-values are Student's t.

    Returns None while the runs cannot yet tell the techniques apart.
    """
    measured = [run for run in runs if run.accuracy is not None]
    points = np.array([100 * (run.accuracy or 0) for run in measured])
    levels = np.array(
        [[1.0 if run.params.get(t) else -1.0 for t in techniques] for run in measured]
    )
    if not techniques or len(points) <= len(techniques):
        return None
    main = np.column_stack([np.ones(len(points)), levels])
    columns = np.column_stack([main, pair_columns(levels)])
    pairs = _separable(columns) and len(points) - columns.shape[1] >= _FREEDOM_FOR_PAIRS
    if not pairs:
        columns = main
    if not _separable(columns):
        return None
    coefficients, errors, noise = _least_squares(columns, points)
    freedom = len(points) - columns.shape[1]
    half = quantile(freedom)
    found = [
        _effect(name, 2 * coefficients[column], 2 * errors[column], freedom, half, len(techniques))
        for column, name in enumerate(techniques, start=1)
    ]
    return Effects(
        effects=tuple(sorted(found, key=lambda effect: -abs(effect.effect))),
        runs=len(points),
        pairs=pairs and len(techniques) > 1,
        freedom=freedom,
        noise=noise,
        floor=(half + quantile(freedom, POWER)) * 2 * noise / math.sqrt(len(points)),
    )


def notes(fit: Effects, runs: Sequence[Run], planned: int | None) -> list[str]:
    """What a reader must know before believing the effects, a sentence each."""
    said = []
    if planned is not None and fit.runs < planned:
        said.append(f"{fit.runs} of {planned} planned runs are in; the rest is missing.")
    if diverged := sum(run.diverged for run in runs):
        verb = "run diverged and counts" if diverged == 1 else "runs diverged and count"
        said.append(f"{diverged} {verb} at chance level.")
    if not fit.freedom:
        said.append("No run is left to estimate the noise from, so there are no intervals.")
    elif fit.pairs:
        said.append(
            f"{fit.runs} runs separate every interaction of two techniques; "
            f"{fit.freedom} degrees of freedom remain for the noise."
        )
    elif len(fit.effects) > 1:
        said.append(
            f"{fit.runs} runs cannot separate the interactions of two techniques: they count as "
            "noise and widen the intervals. A larger --measure separates them."
        )
    unproven = [
        e for e in fit.effects if e.low * e.high > 0 and e.verdict not in ("helps", "hurts")
    ]
    if unproven:
        chance = 1 - CONFIDENCE ** len(fit.effects)
        names = ", ".join(e.technique for e in unproven)
        said.append(
            f"{names}: the interval leaves out zero, but with {len(fit.effects)} techniques "
            f"{100 * chance:.0f} % of studies without any effect show such an interval; more runs "
            "would settle it."
        )
    if math.isfinite(fit.floor):
        said.append(
            f"One run lies {fit.noise:.1f} points off the fit (standard deviation; "
            f"{'seeds' if fit.pairs else 'seeds and interactions together'}), so these runs are "
            f"likely to miss an effect under {fit.floor:.1f} points."
        )
    return said


def _separable(columns: np.ndarray) -> bool:
    rank = int(np.linalg.matrix_rank(columns))
    return bool(rank == columns.shape[1])


def _least_squares(columns: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients, their HC2 standard errors, and the residuals' standard deviation."""
    inverse = np.linalg.inv(columns.T @ columns)
    coefficients = inverse @ columns.T @ values
    freedom = len(values) - columns.shape[1]
    if not freedom:
        return coefficients, np.full(len(coefficients), math.nan), math.nan
    residuals = values - columns @ coefficients
    leverage = np.einsum("ij,jk,ik->i", columns, inverse, columns)
    # A run with a leverage of one fits itself: its residual is zero and says nothing.
    weights = np.where(leverage < 1 - 1e-9, residuals**2 / np.maximum(1 - leverage, 1e-9), 0)
    covariance = inverse @ (columns.T * weights) @ columns @ inverse
    return coefficients, np.sqrt(np.diag(covariance)), math.sqrt(residuals @ residuals / freedom)


def _effect(
    name: str, effect: float, error: float, freedom: int, half: float, tests: int
) -> Effect:
    if not freedom:
        return Effect(name, effect, math.nan, math.nan, math.nan, "no estimate")
    single = two_sided(effect / error, freedom) if error else float(effect == 0)
    p_value = -math.expm1(tests * math.log1p(-single)) if single < 1 else 1.0
    verdict: Verdict = "not distinguishable from a change of seed"
    if p_value < 1 - CONFIDENCE:
        verdict = "helps" if effect > 0 else "hurts"
    return Effect(name, effect, effect - half * error, effect + half * error, p_value, verdict)
