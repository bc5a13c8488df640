"""The fit of the pairwise model by least squares, with what is known of its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.estimate import Estimate
from search.analysis.failing_cells import Cell, coefficients_beside, dominant_cells, is_sure
from search.analysis.least_squares import FITS_ITSELF, pseudo_inverse, rank, residual_dof
from search.analysis.model import ENOUGH_DOF, Model
from search.analysis.random_pairs import RunsLeftOut, fit_mixed, random_effects, residual_contrasts
from search.analysis.relative_spreads import with_spreads
from search.analysis.small_interactions import chance, has_outlier, triples
from search.analysis.t_distribution import ALPHA, familywise, quantile

_LEAST_SIZES = 3
"""Interactions without which nothing tells what is chance."""

_LEAST_CHECKS = 2
"""Recipes beyond those that the techniques need; with fewer, an agreement may be chance."""

_ROUNDING = 1e-12
"""A share of the largest value, below which a number is a rounding error."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients of a model for one response or several, with their uncertainty."""

    model: Model
    coefficients: np.ndarray
    """(terms, responses)."""
    variances: np.ndarray
    """(runs, responses): the variance of each run's noise; NaN where it cannot be estimated."""
    noise: np.ndarray
    """(responses,): standard deviation of one run around the fit."""
    dof: int
    """Degrees of freedom of the noise's estimate, from all its sources."""
    dof_from_repeats: int
    """Those that come from repeated runs."""
    dof_from_interactions: int
    """Those that come from the smaller interactions, which are assumed to be noise (Dong 1993)."""
    covariances: np.ndarray | None = None
    """(responses, terms, terms): of the coefficients, where the pairs are random; None where the
    variances say it all."""
    failing: Cell | None = None
    """Recipes that fail together, where an interaction is certain and they explain most of what
    the techniques leave, both in the last response."""
    outlier: bool = False
    """True where a run is so far from what the techniques explain that all interactions are noise,
    in the last response."""
    runs: RunsLeftOut | None = None
    """Of the last response, where the pairs are random."""
    doubts: np.ndarray | None = None
    """(terms, responses): standard errors of their own, for what the runs cannot tell apart. Where
    a cell fails, what a coefficient would change by, at most, if it, and not pairs of techniques,
    were the reason, of all cells that may be it (Draper 1995, J. R. Stat. Soc. B 57). Elsewhere,
    interactions of three that are aliased with the technique, where no residuals show them, and
    what runs far from all others change: see `effects.effects_of`."""

    @property
    def dof_from_residuals(self) -> int:
        """The degrees of freedom that come from the residuals of the fit."""
        return self.dof - self.dof_from_repeats - self.dof_from_interactions

    def estimate(self, contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Estimate a combination of the coefficients: value and standard error, (responses,)."""
        if self.covariances is not None:
            variances = np.einsum("i,rij,j->r", contrast, self.covariances, contrast)
        else:
            variances = (contrast @ self.model.inverse) ** 2 @ self.variances
        if self.doubts is not None:
            variances = variances + contrast**2 @ self.doubts**2
        return contrast @ self.coefficients, np.sqrt(np.maximum(variances, 0))

    def first(self, contrast: np.ndarray) -> tuple[float, float, float]:
        """Estimate a combination of the first response's coefficients: value, standard error, and
        the degrees of freedom of that."""
        value, error = self.estimate(contrast)
        return float(value[0]), float(error[0]), self.dof_of(contrast)

    def interval(self, contrast: np.ndarray) -> Estimate:
        """Estimate a combination of the first response's coefficients, with a 95 % interval."""
        value, error, dof = self.first(contrast)
        margin = quantile(dof) * error
        return Estimate(value, value - margin, value + margin)

    def dof_of(self, contrast: np.ndarray) -> float:
        """Degrees of freedom of a combination's standard error, in the first response.

        Those of the noise, where all runs share one variance or the contrast weighs them alike;
        else fewer (Bell & McCaffrey 2002), as a few runs decide.
        """
        if not self.dof or not np.ptp(self.variances[:, 0]):
            return self.dof
        model = self.model
        columns, inverse = model.columns, model.inverse
        room = model.room
        weights = np.where(room > FITS_ITSELF, contrast @ inverse, 0) ** 2
        scaled = weights / np.maximum(room, FITS_ITSELF)
        # The sum over pairs of runs of their squared leverages, without the matrix of these.
        shared = (columns.T * scaled) @ columns * ((inverse * scaled) @ inverse.T)
        spread = scaled**2 @ (2 * room - 1) + np.sum(shared)
        return float(min(self.dof, np.sum(weights) ** 2 / spread))

    def covariance(self, contrasts: np.ndarray) -> np.ndarray:
        """Covariance, (contrasts, contrasts), of combinations of the first response's
        coefficients."""
        if self.covariances is not None:
            covariance = contrasts @ self.covariances[0] @ contrasts.T
        else:
            weights = contrasts @ self.model.inverse
            covariance = (weights * self.variances[:, 0]) @ weights.T
        if self.doubts is not None:
            covariance = covariance + (contrasts * self.doubts[:, 0] ** 2) @ contrasts.T
        return np.asarray(covariance)


def fit(model: Model, values: np.ndarray, repeated: Iterable[np.ndarray] = ()) -> Fit:
    """Fit `values`, (runs, responses), by least squares.

    With enough degrees of freedom the standard errors are HC2 (MacKinnon & White 1985): equal to
    the classical ones in a balanced design, and valid where runs are missing, or where a technique
    that is rarely on makes them noisier. A run that fits itself has the variance of all together.
    With fewer, one variance is pooled, weighted by degrees of freedom, from three sources: the
    residuals, the `repeated` runs (arrays (repeats, responses), one a recipe), and the smaller
    interactions. Repeated runs alone would not do: the few recipes
    that are repeated may be less noisy than the rest, and they do not show interactions of three
    techniques, which bias the effects. Where runs are outliers and no cell fails for sure, all
    interactions are noise, and nothing else: most repeated runs lack what made it one.
    """
    rounding = _ROUNDING * np.max(np.abs(values), axis=0)
    if model.random_pairs:
        return _fit_random(model, values, rounding, list(repeated))
    coefficients = model.inverse @ values
    residuals = values - model.columns @ coefficients
    exact = np.all(np.abs(residuals) < rounding, axis=0)
    coefficients = np.where(np.abs(coefficients) < rounding, 0, coefficients)
    residuals = np.where(exact, 0, residuals)
    squares = from_residuals = np.sum(residuals**2, axis=0)
    sizes = _interaction_sizes(model, coefficients)
    dof, from_repeats, from_interactions = model.dof, 0, 0
    enough = dof >= ENOUGH_DOF
    if not enough:
        for group in repeated:
            squares = squares + np.sum((group - group.mean(axis=0)) ** 2, axis=0)
            from_repeats += len(group) - 1
        spread, from_interactions = chance(sizes)
        squares = squares + from_interactions * spread**2
        dof += from_repeats + from_interactions
    certain = _some_certain(sizes[:, -1], squares[-1], dof)
    adjusted = values - model.adjustment(coefficients)
    cells = _failing(model, adjusted[:, -1]) if certain else ()
    sure = any(is_sure(cell, model.signs, model.techniques) for cell in cells[:1])
    outlier = not (enough or sure) and has_outlier(model.main, adjusted[:, -1], model.signs)
    if outlier:
        squares = from_residuals + np.sum(sizes**2, axis=0)
        from_repeats, from_interactions = 0, len(sizes)
        dof = model.dof + from_interactions
    noise = np.sqrt(squares / dof) if dof else squares * math.nan
    variances = np.broadcast_to(noise**2, values.shape)
    if enough:
        # A run that fits itself has a residual of zero, which says nothing of its variance.
        room = model.room[:, np.newaxis]
        own = residuals**2 / np.maximum(room, FITS_ITSELF)
        variances = np.where(room > FITS_ITSELF, own, variances)
    doubts = _doubts(model, cells, adjusted, coefficients)
    if doubts is None and from_interactions and not outlier:
        doubts = _doubts_of_triples(model, coefficients, noise)
    return Fit(
        model, coefficients, variances, noise, dof, from_repeats, from_interactions,
        failing=None if outlier else next(iter(cells), None), outlier=outlier, doubts=doubts,
    )  # fmt: skip


def _fit_random(
    model: Model, values: np.ndarray, rounding: np.ndarray, repeated: Sequence[np.ndarray]
) -> Fit:
    """Fit with the pairs as random terms, and without them where the techniques alone are exact.

    A program that draws nothing has no noise. Its repeated runs count once, as they tell nothing of
    interactions, and the techniques explain it all where further recipes than they need agree.
    """
    recipes, firsts, places = np.unique(
        model.columns, axis=0, return_index=True, return_inverse=True
    )
    again = values - values[firsts][places.ravel()]
    groups = [again, *(group - group[0] for group in repeated)]
    if len(recipes) < len(values) and all(np.all(np.abs(one) < rounding) for one in groups):
        inverse = pseudo_inverse(recipes)
        products = {pair: one[firsts] for pair, one in model.products.items()}
        once = replace(
            model, columns=recipes, inverse=inverse, dof=residual_dof(recipes), products=products
        )
        found = _fit_random(once, values[firsts], rounding, ())
        variances = np.broadcast_to(found.noise**2, values.shape)
        return replace(found, model=model, variances=variances, runs=None)
    for terms in (model.fixed, np.arange(model.columns.shape[1])):
        columns = model.columns[:, terms]
        alone = pseudo_inverse(columns) @ values
        spare = len(recipes) - rank(columns)
        exact = np.abs(values - columns @ alone) < rounding
        if not (spare > 0 and model.every_effect and exact.all()):
            continue
        coefficients = np.zeros((model.columns.shape[1], values.shape[1]))
        coefficients[terms] = np.where(np.abs(alone) < rounding, 0, alone)
        known = spare >= _LEAST_CHECKS
        noise = 0 * values if known else values * math.nan
        return Fit(model, coefficients, noise, noise[0], spare if known else 0, 0, 0)
    return _fit_mixed(model, values, rounding, repeated)


def _fit_mixed(
    model: Model, values: np.ndarray, rounding: np.ndarray, repeated: Sequence[np.ndarray]
) -> Fit:
    """Fit with random terms, as the pairs, and the noise from the same three sources."""
    model = with_spreads(model, values[:, -1])
    fixed = model.main
    pairs = np.delete(np.arange(model.columns.shape[1]), model.fixed)
    order = np.concatenate([model.fixed, pairs])
    random = model.random
    squares = np.zeros(values.shape[1])
    from_repeats = from_interactions = 0
    if model.dof < ENOUGH_DOF:
        for group in repeated:
            squares = squares + np.sum((group - group.mean(axis=0)) ** 2, axis=0)
            from_repeats += len(group) - 1
        sizes = random_effects(fixed, random, values)
        if not from_repeats or len(sizes) < _LEAST_SIZES:
            # Without repeated runs all that is left is noise, as in a design that is complete.
            # Where that is enough, the fit has it already, and it must not count twice.
            sizes = residual_contrasts(fixed, random, values)
            if len(sizes) >= ENOUGH_DOF:
                sizes = sizes[:0]
        spread, from_interactions = chance(sizes)
        squares = squares + from_interactions * spread**2
    elsewhere = from_repeats + from_interactions
    inverse = model.inverse[order]
    mixed = fit_mixed(fixed, random, inverse, values, squares, elsewhere)
    # The interactions are of the same runs as the residuals, and nothing counts twice.
    most = residual_dof(fixed) + from_repeats
    back = np.argsort(order)
    adjusted = values - model.adjustment(mixed.coefficients[back])
    cells = _failing(model, adjusted[:, -1]) if mixed.interactions else ()
    enough = most - from_repeats >= ENOUGH_DOF
    # A cell looks like noise of its techniques, and what interacts with a level like noise of that.
    # Beside products, each run's own error counts.
    noisier = model.noisier if enough and not cells and not model.products else ()
    if noisier:
        mixed = fit_mixed(fixed, random, inverse, values, squares, elsewhere, noisier)
    coefficients = mixed.coefficients[back]
    # Rounding of values that techniques explain, as where all are the same, is no noise.
    limit = 1000 * rounding
    coefficients = np.where(np.abs(coefficients) < limit, 0, coefficients)
    noise = np.where(mixed.noise < limit, 0, mixed.noise)
    covariances = mixed.covariances[:, back[:, np.newaxis], back]
    return Fit(
        model,
        coefficients,
        np.broadcast_to(noise**2, values.shape),
        noise,
        min(mixed.dof, most),
        from_repeats,
        from_interactions,
        np.where(np.abs(covariances) < limit[:, np.newaxis, np.newaxis] ** 2, 0, covariances),
        next(iter(cells), None),
        runs=mixed.runs,
        doubts=_doubts(model, cells, adjusted, coefficients),
    )


def _failing(model: Model, values: np.ndarray) -> tuple[Cell, ...]:
    """The cells that explain most of what the techniques alone leave of the values, (runs,)."""
    return dominant_cells(model.signs, values, model.techniques)


def _doubts(
    model: Model, cells: Sequence[Cell], values: np.ndarray, coefficients: np.ndarray
) -> np.ndarray | None:
    """See `Fit.doubts`; None without a cell."""
    if not cells:
        return None
    main = slice(1, 1 + len(model.techniques))
    levels = model.columns[:, main]
    parts = dict.fromkeys(part for cell in cells for part in cell.parts)
    beside = [coefficients_beside(part, levels, values, model.techniques) for part in parts]
    doubts = np.zeros_like(coefficients)
    doubts[main] = np.max(np.abs(np.array(beside) - coefficients[main]), axis=0)
    return doubts


def _doubts_of_triples(
    model: Model, coefficients: np.ndarray, noise: np.ndarray
) -> np.ndarray | None:
    """See `Fit.doubts`; None where no technique is aliased with an interaction of three."""
    first = 1 + len(model.techniques)
    pairs = [group.pairs for group in model.groups]
    if all(len(group) == 1 for group in pairs):
        return None
    doubts = np.zeros_like(coefficients)
    interactions = coefficients[first : first + len(pairs)]
    variances = noise**2 / len(model.columns)
    doubts[1:first] = triples(model.techniques, pairs, interactions, variances)
    return doubts


def _some_certain(sizes: np.ndarray, squares: float, dof: int) -> bool:
    """Check for an interaction that is certain, corrected for their number, (interactions,)."""
    if not len(sizes) or not dof or not squares > 0:
        return False
    largest = float(np.max(np.abs(sizes)) / math.sqrt(squares / dof))
    return familywise(largest, dof, len(sizes)) < ALPHA


def _interaction_sizes(model: Model, coefficients: np.ndarray) -> np.ndarray:
    """Estimable interactions, (interactions, responses), on the scale of one run's noise."""
    first = 1 + len(model.techniques)
    units = [model.unit(first + at) for at in range(len(model.groups)) if model.pairs]
    contrasts = [unit for unit in units if model.estimable(unit)]
    if len(contrasts) < _LEAST_SIZES:
        return np.empty((0, coefficients.shape[1]))
    scale = np.linalg.norm(np.array(contrasts) @ model.inverse, axis=1)
    return np.asarray(np.array(contrasts) @ coefficients / scale[:, np.newaxis])
