"""Effects of runs that no whole design planned: the interactions as random, alike in spread.

A balanced design keeps its effects clear of the interactions. With some of its runs missing each
effect takes in a little of many interactions. Estimating them all leaves few degrees of freedom
and wide intervals; calling them noise hides what they add to the effects. Here their spread is
estimated, and each effect's variance holds its share of it (a mixed model, as in Searle, Casella &
McCulloch 1992). So an interval only gets narrower as runs are added.

The spread is averaged over, by its likelihood, and not set to the likeliest value, which would
take the interactions for zero too often. Its prior is an even chance that there are none, and else
the same chance for every share of the residual variance (Daniels 1999). So is the noise of runs
that may be noisier than the rest, as those of a technique that a sampler seldom tries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.analysis.least_squares import FITS_ITSELF, independent
from search.analysis.plateau import at_plateau

_LEAST_SHARE = 1e-6
"""How much random columns count in a contrast, in a mean one or beside the most, to be in it."""
_LEAST_VARIANCE = 1e-18
"""A share of the values' mean square, below which a variance is a rounding error."""

_MOSTLY_SEEN = 0.75
"""Share of an interaction that the runs must see, for its estimate to tell of it."""

_TIMES = (2.0, 4.0, 8.0)
"""How many times as large the noise of some runs may be as that of the others."""

_NEVER = 1e-6
"""Probability of a shape of the noise, below which it counts for nothing."""

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
    runs: RunsLeftOut
    """Of the last response."""
    chances: np.ndarray
    """(shapes,): how likely each shape of the noise is, by the last response."""
    by_shape: np.ndarray
    """(shapes, columns, columns): what each adds to the covariance of the fixed columns."""

    def errors(self, contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Standard errors, (shapes,), of a combination of the fixed columns' coefficients, if the
        noise has one shape or another, with how likely that is; in the last response.

        Where the runs do not say which of them are noisier, it is far from Student's t around one
        standard error.
        """
        shared = self.covariances[-1, : len(contrast), : len(contrast)] - self.by_shape.sum(axis=0)
        parts = np.einsum("i,sij,j->s", contrast, self.by_shape, contrast)
        likely = self.chances > _NEVER
        chances = self.chances[likely]
        variances = parts[likely] / chances + contrast @ shared @ contrast
        return np.sqrt(np.maximum(variances, 0)), chances / np.sum(chances)


@dataclass(frozen=True, eq=False)
class RunsLeftOut:
    """Each run beside what the fit, and a fit to all other runs, make of it."""

    fitted: np.ndarray
    """(runs,): without the noise."""
    left_out: np.ndarray
    """(runs,): predicted by the others; NaN of a run without which an effect is unknown."""
    studentized: np.ndarray
    """(runs,): the difference, in standard errors as the others tell them; NaN where unknown."""


def residual_contrasts(fixed: np.ndarray, random: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Contrasts of the values, (contrasts, responses), free of the fixed columns.

    They have the variance of one run's noise, and more where the random columns count. Those that
    no random column enters are left out.
    """
    rotation, shares = _rotation(basis(fixed)[0], random)
    seen = shares > _LEAST_SHARE * max(1.0, float(np.max(shares, initial=0)))
    return np.asarray((rotation @ values)[seen])


def random_effects(fixed: np.ndarray, random: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least-squares estimates, (effects, responses), of the random columns' coefficients.

    Free of the fixed columns, each on the scale of one run's noise, and with a little of the others
    where the runs do not separate them all. Unlike `residual_contrasts` they keep the few large
    ones apart from the rest. Those that the runs hardly see are left out.
    """
    free = _free(basis(fixed)[0])
    inverse = np.linalg.pinv(free @ random, rcond=_LEAST_SHARE)
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
    noisier: Sequence[np.ndarray] = (),
) -> MixedFit:
    """Fit `values`, (runs, responses), to fixed columns and to random ones.

    `inverse` is the pseudo-inverse of the fixed columns and of those random ones, the first, whose
    interactions are estimated by it. Beside others, products of numbers, the errors of the fixed
    columns also hold each run's own error, between HC2 and HC3 (MacKinnon & White 1985): what few
    runs tell of a curve may be wrong.
    `squares`, (responses,), with so many degrees of freedom, are of the noise from other sources.
    Of `noisier`, masks (runs,), one may be of runs that are noisier than the rest.

    A sum of effects that the runs do not see, as where a pair of opposite recipes is missing, is
    taken to be as large as those that they see.
    """
    back = basis(fixed)[1]
    shapes = [np.ones(len(values))]
    shapes += [np.where(mask, times, 1.0) for mask in noisier for times in _TIMES]
    fits = [SpreadFits(fixed @ back, random, scale) for scale in shapes]
    least = _LEAST_VARIANCE * np.mean(values**2, axis=0) + np.finfo(float).tiny
    total = len(values) - back.shape[1] + dof
    sums = [np.maximum(one.squares(values) + squares, least) for one in fits]
    logs = np.array([
        one.logs[:, np.newaxis] - total / 2 * np.log(left)
        for one, left in zip(fits, sums, strict=True)
    ])  # fmt: skip
    if noisier:
        logs[0] += math.log(len(shapes) - 1)  # an even chance that all runs have the same noise
    chances = np.exp(logs - np.max(logs, axis=(0, 1)))
    chances = chances / np.sum(chances, axis=(0, 1))
    variances = np.array(sums) / total if total else np.array(sums) * np.nan
    sizes = np.array([np.mean(scale**2) for scale in shapes])
    noise = np.einsum("f,fsr,fsr->r", sizes, chances, variances)
    noise = np.where(noise > 100 * least, noise, noise * 0)
    parts = np.where(noise > 0, chances * variances, 0) if total else chances * np.nan

    main = len(back)
    each = back @ np.array([one.coefficients(values) for one in fits])
    means = np.einsum("fsr,fsmr->mr", chances, each)
    coefficients = inverse @ values
    coefficients[:main] = means
    apart = (each - means) * np.sqrt(chances)[:, :, np.newaxis, :]
    covariances = np.zeros((values.shape[1], len(inverse), len(inverse)))
    covariances[:, :main, :main] = np.einsum("fsmr,fskr->rmk", apart, apart) + _unseen(back, means)
    by_shape = np.zeros((len(fits), main, main))
    for at, (one, part) in enumerate(zip(fits, parts, strict=True)):
        added = one.covariances(back, inverse[main:], part)
        covariances += added
        by_shape[at] = added[-1, :main, :main]
    runs = _left_out(fits, chances[:, :, -1], values[:, -1])
    if random.shape[1] > len(inverse) - main:
        last = len(covariances) - 1
        for at, covariance in enumerate(covariances):
            chance, of = chances[:, :, at], values[:, at]
            others = (runs if at == last else _left_out(fits, chance, of)).left_out
            more = _robust_variances(fits, back, chance, parts[:, :, at], of, others)
            _widen(covariance[:main], covariance[:, :main], more)
    left = sum(float(chance[:, -1] @ one.seen) for one, chance in zip(fits, chances, strict=True))
    certain = fits[0].interactions and bool(np.sum(chances[:, 0, -1]) < _UNLIKELY)
    shapes_chances = np.sum(chances[:, :, -1], axis=1)
    return MixedFit(coefficients, covariances, np.sqrt(noise), round(left + dof), certain, runs,
                    shapes_chances, by_shape)  # fmt: skip


def _robust_variances(
    fits: Sequence[SpreadFits],
    back: np.ndarray,
    chances: np.ndarray,
    parts: np.ndarray,
    values: np.ndarray,
    left_out: np.ndarray,
) -> np.ndarray:
    """What each run's error, as the others predict it, adds to the variances of the coefficients,
    (coefficients,), beside noise that is alike.

    `chances` and `parts`, the noise's variances times these, are (fits, spreads), and `values` and
    what the others predict, `left_out`, (runs,). The squares of the errors are HC3, which is wide
    where the fixed columns are many, and with these columns' leverage taken off once, as in HC2,
    narrow where random ones are: it is half of it here. A run that fits itself is as noisy as all
    together, or as those beside a plateau.
    """
    weights = back @ sum(one.estimator(chance) for one, chance in zip(fits, chances, strict=True))
    plateau = at_plateau(values)
    own = float(np.sum(parts))
    if plateau.any():
        own = max(own, float(np.var(values[~plateau])))
    room = np.maximum(1 - np.sum(fits[0].basis ** 2, axis=1), 0)
    variances = np.where(np.isnan(left_out), own, np.sqrt(room) * (values - left_out) ** 2)
    alike = sum(
        float(np.sum(part)) * (one.scale * weights) ** 2
        for one, part in zip(fits, parts, strict=True)
    )
    return np.asarray(np.sum(weights**2 * variances - alike, axis=1))


def _widen(rows: np.ndarray, columns: np.ndarray, more: np.ndarray) -> None:
    """Add variances, (n,), where they are above zero, to n rows and columns of a covariance, whose
    correlations stay."""
    for at in np.flatnonzero(more > 0):
        before = rows[at, at]
        if before > 0:
            times = math.sqrt(1 + more[at] / before)
            rows[at] *= times
            columns[:, at] *= times
        else:
            rows[at, at] = more[at]


def _left_out(fits: Sequence[SpreadFits], chances: np.ndarray, values: np.ndarray) -> RunsLeftOut:
    """Leave out each run; `chances` are (fits, spreads) and `values` (runs,)."""
    noise, known, missed, studentized = (np.zeros(len(values)) for _ in range(4))
    for fit, chance in zip(fits, chances, strict=True):
        residuals, room = fit.residuals(values)
        noise += fit.scale * (chance @ residuals)
        squares = fit.squares(values[:, np.newaxis])
        own = residuals**2 / np.maximum(room, FITS_ITSELF)
        some = (room > FITS_ITSELF) & (own < (1 - FITS_ITSELF) * squares)
        room = np.where(some, room, np.inf)
        others = np.where(some, squares - own, np.inf) / max(fit.free - 1, 1)
        known += chance @ some
        missed += fit.scale * (chance @ (residuals / room))
        studentized += chance @ (residuals / np.sqrt(room * others))
    known = np.where(known > 0.5, known, np.nan)
    return RunsLeftOut(values - noise, values - missed / known, studentized / known)


class SpreadFits:
    """The fits for noise of one shape, one for each spread of the interactions.

    Runs, fixed columns (of full rank) and random ones are weighed by the noise's shape, `scale`,
    (runs,). Generalized least squares corrects ordinary ones by the residuals' projections on what
    the random columns have beside the fixed ones. `spreads` are variances of an interaction over
    that of the noise, each as likely as the others; without them, those of the prior.
    """

    def __init__(
        self,
        fixed: np.ndarray,
        random: np.ndarray,
        scale: np.ndarray,
        spreads: np.ndarray | None = None,
    ) -> None:
        self.scale = scale
        self.basis, triangle = np.linalg.qr(fixed / scale[:, np.newaxis])
        self.ordinary = np.linalg.solve(triangle, self.basis.T)
        """(columns, runs): ordinary least squares."""
        self.random = random = random / scale[:, np.newaxis]
        beside = random - self.basis @ (self.basis.T @ random)
        shares, turned = np.linalg.eigh(beside.T @ beside)
        kept = shares > _LEAST_SHARE * max(1.0, float(np.max(shares, initial=0)))
        shares, turned = shares[kept], turned[:, kept]
        self.left = (beside @ turned / np.sqrt(shares)).T
        """(directions, runs): of the residuals, those that the random columns enter."""
        self.leaked = self.ordinary @ random @ turned
        """(columns, directions): what an interaction of 1 adds to the ordinary estimate."""
        self.lost = self.ordinary @ random - self.leaked @ turned.T
        """(columns, interactions): of that, what no residual shows."""
        self.free = len(scale) - fixed.shape[1]
        mean = float(np.sum(shares)) / max(self.free, 1)
        # Where no residual shows interactions, nothing tells their spread.
        self.interactions = mean > _LEAST_SHARE
        if spreads is not None:
            self.spreads, prior = spreads, np.ones(len(spreads))
        elif self.interactions:
            self.spreads, prior = _SPREADS / mean, _PRIOR
        else:
            self.spreads, prior = _SPREADS[:1], _PRIOR[:1]
        self.weights = 1 / (1 + np.outer(self.spreads, shares))
        """(spreads, directions): of the noise's precision, what is left in each."""
        self.pulled = np.sqrt(shares) * self.spreads[:, np.newaxis] * self.weights
        self.seen = self.free - len(shares) + np.sum(self.weights, axis=1)
        """(spreads,): degrees of freedom."""
        self.logs = (
            np.log(prior)
            + np.sum(np.log(self.weights), axis=1) / 2
            - np.sum(np.log(scale))
            - np.sum(np.log(np.abs(np.diag(triangle))))
        )
        """(spreads,): of the restricted likelihood, with the prior, what is not of the values."""

    def squares(self, values: np.ndarray) -> np.ndarray:
        """Sum the squares, (spreads, responses), that remain of the values, (runs, responses)."""
        values = values / self.scale[:, np.newaxis]
        beside = values - self.basis @ (self.basis.T @ values)
        scores = self.left @ beside
        rest = np.sum((beside - self.left.T @ scores) ** 2, axis=0)
        return np.asarray(self.weights @ scores**2 + rest)

    def residuals(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Estimate each run's noise, (spreads, runs), of the values, (runs,), and how much of its
        own it shows, (spreads, runs), both in units of the noise's shape."""
        values = values / self.scale
        beside = values - self.basis @ (self.basis.T @ values)
        residuals = beside - ((1 - self.weights) * (self.left @ beside)) @ self.left
        room = 1 - np.sum(self.basis**2, axis=1) - (1 - self.weights) @ self.left**2
        return residuals, room

    def coefficients(self, values: np.ndarray) -> np.ndarray:
        """Estimate the fixed columns' coefficients: (spreads, columns, responses)."""
        values = values / self.scale[:, np.newaxis]
        scores = self.pulled[:, :, np.newaxis] * (self.left @ values)
        return np.asarray(self.ordinary @ values - self.leaked @ scores)

    def estimator(self, chances: np.ndarray) -> np.ndarray:
        """Make the fixed columns' coefficients of the values, (columns, runs), in the mean over
        spreads, (spreads,)."""
        ordinary = np.sum(chances) * self.ordinary
        return np.asarray(
            (ordinary - self.leaked * (chances @ self.pulled) @ self.left) / self.scale
        )

    def predict(
        self, at: int, fixed: np.ndarray, random: np.ndarray, values: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predict other runs, of these columns, from the values, (runs,), by one spread.

        Returns the predictions, and the variances of their errors over that of the noise.
        """
        across = self.spreads[at] * random @ self.random.T
        inside = across @ self.left.T
        weights = across - across @ self.basis @ self.basis.T
        weights -= (1 - self.weights[at]) * inside @ self.left
        weights += fixed @ (self.ordinary - (self.leaked * self.pulled[at]) @ self.left)
        apart = weights @ self.random - random
        variances = 1 + np.sum(weights**2, axis=1) + self.spreads[at] * np.sum(apart**2, axis=1)
        return weights @ (values / self.scale), variances

    def covariances(
        self, back: np.ndarray, interactions: np.ndarray, parts: np.ndarray
    ) -> np.ndarray:
        """Sum the coefficients' covariances, (responses, terms, terms), over the spreads.

        `back` makes the terms' coefficients of the fixed columns', and `interactions`,
        (interactions, runs), estimate those of the first random columns. `parts`, (spreads,
        responses), are the noise's variances for each spread, times its chance.
        """
        sums = np.sum(parts, axis=0)[:, np.newaxis, np.newaxis]
        ordinary, leaked, lost = back @ self.ordinary, back @ self.leaked, back @ self.lost
        noise = interactions * self.scale
        # The fixed columns' errors hold the interactions too; those of the interactions, the noise
        # and the other random columns.
        spread = parts.T @ (self.spreads[:, np.newaxis] * self.weights)
        own = np.einsum("mi,ri,ki->rmk", leaked, spread, leaked) + sums * (ordinary @ ordinary.T)
        own += (parts.T @ self.spreads)[:, np.newaxis, np.newaxis] * (lost @ lost.T)
        across = np.einsum("mi,ri,ik->rmk", -leaked, parts.T @ self.pulled, self.left @ noise.T)
        across += sums * (ordinary @ noise.T)
        inside = sums * (noise @ noise.T)
        others = self.random[:, len(interactions) :]
        if others.size:
            times = parts.T * self.spreads
            sums = np.sum(times, axis=1)[:, np.newaxis, np.newaxis]
            taken = noise @ others
            pulled = (self.left @ others).T @ np.einsum("ri,mi->rim", times @ self.pulled, leaked)
            across += np.swapaxes(taken @ (sums * (ordinary @ others).T - pulled), 1, 2)
            inside = inside + sums * (taken @ taken.T)
        top = np.concatenate([own, across], axis=2)
        rest = np.concatenate([np.swapaxes(across, 1, 2), inside], axis=2)
        return np.concatenate([top, rest], axis=1)


def basis(fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Independent columns, (runs, rank), that span the fixed ones, and the weights, (columns,
    rank), that make the coefficients of these of theirs."""
    vectors, lengths, shares = independent(fixed)
    return vectors * lengths, shares


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
