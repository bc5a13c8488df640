"""Effects where runs are missing: the interactions of two techniques as random, alike in spread.

A balanced design keeps its effects clear of the interactions. With some of its runs missing each
effect takes in a little of many interactions. Estimating them all leaves few degrees of freedom
and wide intervals; calling them noise hides what they add to the effects. Here their spread is
estimated, and each effect's variance holds its share of it (a mixed model, as in Searle, Casella &
McCulloch 1992). So an interval only gets narrower as runs are added.

The spread is averaged over, by its likelihood, and not set to the likeliest value, which would
take the interactions for zero too often. Its prior is an even chance that there are none, and else
the same chance for every share of the residual variance (Daniels 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_TOLERANCE = 1e-6
_LEAST_VARIANCE = 1e-18
"""A share of the values' mean square, below which a variance is a rounding error."""

_MOSTLY_SEEN = 0.75
"""Share of an interaction that the runs must see, for its estimate to tell of it."""

_UNLIKELY = 0.05
"""Probability that there are no interactions, below which there are."""

_RATIOS = np.exp(np.arange(-4.5, 7.6, 0.5))
_SPREADS = np.concatenate([[1e-9], _RATIOS, [1e9]])
"""Variance of the interactions in a residual, over that of the noise: none, some, all of it."""
_TAIL = 1 / (1 + _RATIOS[-1])
_PRIOR = np.concatenate(
    [[0.5], _RATIOS / (1 + _RATIOS) ** 2 / np.sum(_RATIOS / (1 + _RATIOS) ** 2), [_TAIL]]
)
_PRIOR[1:] *= 0.5 / np.sum(_PRIOR[1:])


@dataclass(frozen=True, eq=False)
class MixedFit:
    """Coefficients with their covariances; the interactions' are those of least squares."""

    coefficients: np.ndarray
    """(terms, responses)."""
    covariances: np.ndarray
    """(responses, terms, terms)."""
    noise: np.ndarray
    """(responses,): standard deviation of one run around the fit."""
    dof: int
    """Degrees of freedom of the last response's noise, those of other sources included."""
    interactions: bool
    """True where the last response's values say that there are interactions."""


def residual_contrasts(fixed: np.ndarray, random: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Contrasts of the values, (contrasts, responses), free of the fixed columns.

    They have the variance of one run's noise, and more where the random columns count. Those that
    no random column enters are left out.
    """
    rotation, shares = _rotation(_basis(fixed)[0], random)
    seen = shares > _TOLERANCE * max(1.0, float(np.max(shares, initial=0)))
    return np.asarray((rotation @ values)[seen])


def random_effects(fixed: np.ndarray, random: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least-squares estimates, (effects, responses), of the random columns' coefficients.

    Free of the fixed columns, each on the scale of one run's noise, and with a little of the others
    where the runs do not separate them all. Unlike `residual_contrasts` they keep the few large
    ones apart from the rest. Those of which the runs see too little are left out.
    """
    free = _free(_basis(fixed)[0])
    inverse = np.linalg.pinv(free @ random, rcond=_TOLERANCE)
    seen = np.einsum("ij,ji->i", inverse, free @ random) >= _MOSTLY_SEEN
    scale = np.linalg.norm(inverse[seen], axis=1)
    return np.asarray(inverse[seen] @ free @ values / scale[:, np.newaxis])


def fit_mixed(
    fixed: np.ndarray,
    random: np.ndarray,
    inverse: np.ndarray,
    values: np.ndarray,
    squares: np.ndarray,
    dof: int,
) -> MixedFit:
    """Fit `values`, (runs, responses), to fixed columns and to random ones.

    `inverse` is the pseudo-inverse of all columns, by which the interactions are estimated.
    `squares`, (responses,), with so many degrees of freedom, are of the noise from other sources.

    A sum of effects that the runs do not see, as where a pair of opposite recipes is missing, is
    taken to be as large as those that they see.
    """
    basis, back = _basis(fixed)
    rotation, shares = _rotation(basis, random)
    scores = rotation @ values
    total = len(shares) + dof
    mean = float(np.mean(shares)) if len(shares) else 0.0
    # Where no residual shows interactions, nothing tells their spread.
    interactions = mean > _TOLERANCE
    spreads = _SPREADS / mean if interactions else _SPREADS[:1]
    weights = 1 / (1 + np.outer(spreads, shares))
    least = _LEAST_VARIANCE * np.mean(values**2, axis=0) + np.finfo(float).tiny
    sums = np.maximum(weights @ scores**2 + squares, least)
    logs = 0.5 * np.sum(np.log(weights), axis=1)[:, np.newaxis] - total / 2 * np.log(sums)
    logs = logs + np.log(_PRIOR[: len(spreads)])[:, np.newaxis]
    chances = np.exp(logs - np.max(logs, axis=0))
    chances = chances / np.sum(chances, axis=0)
    variances = sums / total if total else sums * np.nan
    noise = np.sum(chances * variances, axis=0)
    noise = np.where(noise > 100 * least, noise, noise * 0)
    parts = np.where(noise > 0, chances * variances, 0) if total else chances * np.nan

    main = len(back)
    estimators = np.array([back @ _estimator(basis, random, spread) for spread in spreads])
    each = np.einsum("lmn,nr->lmr", estimators, values)
    means = np.einsum("lr,lmr->mr", chances, each)
    coefficients = inverse @ values
    coefficients[:main] = means

    # The fixed columns' errors hold the interactions too; those of the interactions, the noise.
    leaked = np.sqrt(spreads)[:, np.newaxis, np.newaxis] * (estimators @ random)
    errors = np.concatenate([estimators, leaked], axis=2)
    covered = errors @ np.swapaxes(errors, 1, 2)
    apart = (each - means) * np.sqrt(chances)[:, np.newaxis, :]
    covariances = np.empty((values.shape[1], len(inverse), len(inverse)))
    covariances[:, :main, :main] = (
        np.tensordot(parts.T, covered, axes=1)
        + np.einsum("lmr,lkr->rmk", apart, apart)
        + _unseen(back, means)
    )
    average = np.tensordot(parts.T, estimators, axes=1)
    covariances[:, :main, main:] = average @ inverse[main:].T
    covariances[:, main:, :main] = np.swapaxes(covariances[:, :main, main:], 1, 2)
    covariances[:, main:, main:] = np.multiply.outer(noise, inverse[main:] @ inverse[main:].T)
    left = float(chances[:, -1] @ np.sum(weights, axis=1)) + dof
    certain = interactions and bool(chances[0, -1] < _UNLIKELY)
    return MixedFit(coefficients, covariances, np.sqrt(noise), round(left), certain)


def _basis(fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Independent columns, (runs, rank), that span the fixed ones, and the weights, (columns,
    rank), that make the coefficients of these of theirs."""
    left, sizes, right = np.linalg.svd(fixed, full_matrices=False)
    rank = int(np.sum(sizes > _TOLERANCE * sizes[0]))
    return left[:, :rank] * sizes[:rank], right[:rank].T


def _unseen(back: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Covariances, (responses, columns, columns), of what the runs do not see of the effects."""
    lacking = np.eye(len(back)) - back @ back.T
    # The constant is not an effect.
    seen = max(1.0, back.shape[1] - 1.0)
    return np.asarray(np.multiply.outer(np.sum(means[1:] ** 2, axis=0) / seen, lacking))


def _rotation(fixed: np.ndarray, random: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal contrasts, (contrasts, runs), that the fixed columns do not enter, and how much
    the random ones enter each, (contrasts,)."""
    free = _free(fixed)
    shared = free @ random
    shares, vectors = np.linalg.eigh(shared @ shared.T)
    return vectors.T @ free, np.maximum(shares, 0)


def _free(fixed: np.ndarray) -> np.ndarray:
    """Orthonormal contrasts, (contrasts, runs), that independent fixed columns do not enter."""
    whole, _ = np.linalg.qr(fixed, mode="complete")
    return whole[:, fixed.shape[1] :].T


def _estimator(fixed: np.ndarray, random: np.ndarray, spread: float) -> np.ndarray:
    """Weights, (columns, runs), of generalized least squares for the fixed columns."""
    # By the larger of the two variances, as one of them may be next to nothing.
    variance = (np.eye(len(fixed)) + spread * (random @ random.T)) / max(1.0, spread)
    weighed = np.linalg.solve(variance, fixed)
    return np.asarray(np.linalg.solve(fixed.T @ weighed, weighed.T))
