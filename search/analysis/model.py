"""The pairwise model of a two-level experiment, fitted by least squares.

A run's value is a constant, plus or minus a coefficient for each technique, plus or minus one for
each pair. The pseudo-inverse of its columns fits all that the runs can separate, and shows which
terms they cannot.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from search.analysis.covariates import NONE, Covariates, Level, covariates
from search.analysis.failing_cells import Cell, coefficients_beside, dominant_cells
from search.analysis.random_pairs import fit_mixed, random_effects, residual_contrasts
from search.analysis.small_interactions import chance, has_outlier, triples
from search.analysis.t_distribution import CONFIDENCE, familywise, quantile
from search.planning.design import pair_columns
from search.results import Category, Number, Run

ENOUGH_DOF = 5
"""Degrees of freedom from which the residuals alone give each run's variance."""

_LEAST_DOF = 4
"""With fewer, repeated runs included, the pairwise terms leave too few to estimate the noise."""

_LEAST_SIZES = 3
"""Interactions, of which fewer do not tell what is chance."""

_TOLERANCE = 1e-6

_MOSTLY_SEEN = 0.75
"""Share of an effect that the runs must see, for its interval to hold what they do not see."""

_ROUNDING = 1e-12
"""A share of the largest value, below which a number is a rounding error."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Alias:
    """Pairs whose columns are equal, up to their signs, in every run: only their sum can be
    estimated."""

    pairs: tuple[Pair, ...]
    signs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Model:
    """The terms that some runs can estimate: a constant, the techniques, and pairs where possible.

    The columns are 1, each technique as ±1, the groups of pairs, and the covariates, in this order.
    """

    techniques: tuple[str, ...]
    columns: np.ndarray
    """(runs, terms)."""
    inverse: np.ndarray
    """(terms, runs): the pseudo-inverse of the columns."""
    groups: tuple[Alias, ...]
    """All pairs, those with equal columns together, whether or not the model has their terms."""
    pairs: bool
    """True where the groups are terms of the model; else interactions count as noise."""
    dof: int
    """Degrees of freedom of the residuals."""
    random_pairs: bool = False
    """True where effects are estimated beside pairs as random terms, and not all at once."""
    covariates: Covariates = NONE

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels of other parameters that have effects."""
        return self.covariates.levels

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all that has an effect: the techniques, then the levels."""
        return (*self.techniques, *(level.name for level in self.levels))

    @cached_property
    def pairs_estimable(self) -> bool:
        """True where the interaction of every pair can be estimated apart from all others."""
        first = 1 + len(self.techniques)
        return self.pairs and all(
            len(group.pairs) == 1 and self.estimable(self._unit(first + position))
            for position, group in enumerate(self.groups)
        )

    @property
    def some_effect(self) -> bool:
        """True where the effect of a technique or level can be estimated."""
        return any(self.estimable(self.technique_contrast(name)) for name in self.names)

    @property
    def every_effect(self) -> bool:
        """True where each effect can be estimated."""
        return all(self.estimable(self.technique_contrast(name)) for name in self.names)

    def estimable(self, contrast: np.ndarray) -> bool:
        """Check that the runs determine a combination of the coefficients, (terms,)."""
        return bool(np.all(np.abs(contrast @ self._determined - contrast) < _TOLERANCE))

    def technique_contrast(self, name: str) -> np.ndarray:
        """Weights, (terms,), that make an effect of the coefficients: a technique's from −1, off,
        to +1, on, or a level's, from its reference."""
        at = self.names.index(name)
        if at < len(self.techniques):
            return 2 * self._unit(1 + at)
        return self._unit(self._first_covariate + at - len(self.techniques))

    def group_contrast(self, position: int) -> np.ndarray:
        """Weights, (terms,), that make a group's interaction of the coefficients: the change of one
        technique's step when the other is turned on."""
        return 4 * self._unit(1 + len(self.techniques) + position)

    def prediction(self, on: Collection[str]) -> np.ndarray:
        """Weights, (terms,), that make a recipe's value of the coefficients.

        Covariates are at their mean. NaN where aliased pairs have different signs.
        """
        side = {name: 1 if name in on else -1 for name in self.techniques}
        pairs = []
        for group in self.groups if self.pairs else ():
            products = {
                side[a] * side[b] * sign
                for (a, b), sign in zip(group.pairs, group.signs, strict=True)
            }
            pairs.append(products.pop() if len(products) == 1 else math.nan)
        weights = np.array([1, *side.values(), *pairs], dtype=float)
        return np.append(weights, np.zeros(self.columns.shape[1] - len(weights)))

    @property
    def main(self) -> np.ndarray:
        """(runs, n): the columns without the pairs."""
        last = self._first_covariate
        return np.delete(self.columns, slice(1 + len(self.techniques), last), axis=1)

    def adjustment(self, coefficients: np.ndarray) -> np.ndarray:
        """The covariates' part, (runs, responses), in the fitted values."""
        first = self._first_covariate
        return np.asarray(self.columns[:, first:] @ coefficients[first:])

    @property
    def _first_covariate(self) -> int:
        return 1 + len(self.techniques) + len(self.groups) * self.pairs

    @cached_property
    def _determined(self) -> np.ndarray:
        """(terms, terms): the projection on the estimable combinations of coefficients."""
        determined = np.asarray(self.inverse @ self.columns)
        if self.random_pairs:
            first = 1 + len(self.techniques)
            main = self.columns[:, :first]
            alone = np.linalg.pinv(main, rcond=1e-9) @ main
            seen = np.flatnonzero(np.diag(alone) >= _MOSTLY_SEEN)
            alone[seen] = np.eye(first)[seen]
            determined[:first] = 0
            determined[:first, :first] = alone
        return determined

    def _unit(self, term: int) -> np.ndarray:
        unit = np.zeros(self.columns.shape[1])
        unit[term] = 1
        return unit


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
    doubts: np.ndarray | None = None
    """(terms, responses): standard errors of their own, for what the runs cannot tell apart. Where
    a cell fails, what a coefficient would change by, at most, if it, and not pairs of techniques,
    were the reason, of all cells that may be it (Draper 1995, J. R. Stat. Soc. B 57). Elsewhere,
    interactions of three that are aliased with the technique, where no residuals show them."""

    @property
    def dof_from_residuals(self) -> int:
        """Those that come from the residuals of the fit."""
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

    def dof_of(self, contrast: np.ndarray) -> float:
        """Degrees of freedom of a combination's standard error, in the first response.

        Those of the noise, where all runs share one variance or the contrast weighs them alike;
        else fewer (Bell & McCaffrey 2002), as a few runs decide.
        """
        if not self.dof or not np.ptp(self.variances[:, 0]):
            return self.dof
        model = self.model
        columns, inverse = model.columns, model.inverse
        room = 1 - np.einsum("ij,ji->i", columns, inverse)
        weights = np.where(room > _TOLERANCE, contrast @ inverse, 0) ** 2
        scaled = weights / np.maximum(room, _TOLERANCE)
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

    @property
    def critical_value(self) -> float:
        """Student's t for a 95 % interval; NaN without degrees of freedom."""
        return quantile(self.dof)


def levels(runs: Sequence[Run], techniques: Sequence[str]) -> np.ndarray:
    """(runs, techniques): 1.0 where a technique is on, −1.0 where it is off."""
    return np.array([[1.0 if t in run.on else -1.0 for t in techniques] for run in runs]).reshape(
        len(runs), len(techniques)
    )


def varied(runs: Sequence[Run], techniques: Sequence[str]) -> tuple[str, ...]:
    """Techniques that are on in some of the runs and off in others."""
    counts = {t: sum(t in run.on for run in runs) for t in techniques}
    return tuple(t for t in techniques if 0 < counts[t] < len(runs))


def build(
    runs: Sequence[Run],
    techniques: Sequence[str],
    dof_from_repeats: int = 0,
    others: Sequence[Category | Number] = (),
) -> Model | None:
    """Build the largest model that the runs can estimate, or None where no effect can be.

    `dof_from_repeats` are degrees of freedom of the noise from repeated runs, which are not among
    `runs`. The model has the pairs where each effect can be estimated beside them and enough
    degrees of freedom remain. Where runs are missing these are fewer than the terms, or the pairs
    share their columns in part, the pairs are random terms (see `random_pairs`). Beside `others`,
    which become its covariates, they are in where half of the degrees of freedom remain.
    """
    names = varied(runs, techniques)
    beside = covariates(runs, len(names), others)
    if not names and not beside.levels:
        return None
    main = np.column_stack([np.ones(len(runs)), levels(runs, names)])
    columns, groups = pair_groups(main[:, 1:], names)
    full = _model(names, [main, columns], groups, beside, pairs=True)
    room = full.dof >= ENOUGH_DOF or full.dof + dof_from_repeats >= _LEAST_DOF
    plain = _model(names, [main], groups, beside, pairs=False)
    if beside.columns is None:
        regular = not groups or _is_orthogonal(full.columns)
        if not regular and (not full.every_effect or full.dof < full.columns.shape[1]):
            mixed = replace(full, random_pairs=True)
            return mixed if (plain.dof or plain.some_effect) and mixed.some_effect else None
    elif 2 * full.dof < plain.dof:
        room = False
    if full.every_effect and room:
        return full
    return plain if plain.some_effect else None


def fit(model: Model, values: np.ndarray, repeated: Iterable[np.ndarray] = ()) -> Fit:
    """Fit `values`, (runs, responses), by least squares.

    With enough degrees of freedom the standard errors are HC2 (MacKinnon & White 1985): equal to
    the classical ones in a balanced design, and valid where runs are missing. Beside covariates
    they are classical, as a level of few runs would have too small a variance from these alone.
    With fewer, one variance is pooled, weighted by degrees of freedom, from three sources: the
    residuals, the `repeated` runs (arrays (repeats, responses), one a recipe), and the smaller
    interactions. Repeated runs alone would not do: the few recipes that are repeated may be less
    noisy than the rest, and they do not show interactions of three techniques, which bias the
    effects. Where a run is an outlier and no cell fails, all interactions are noise, and nothing
    else: most repeated runs lack what made it one.
    """
    coefficients = model.inverse @ values
    residuals = values - model.columns @ coefficients
    rounding = _ROUNDING * np.max(np.abs(values), axis=0)
    exact = np.all(np.abs(residuals) < rounding, axis=0)
    if model.random_pairs and not (model.dof and model.every_effect and exact.all()):
        return _fit_mixed(model, values, rounding, list(repeated))
    coefficients = np.where(np.abs(coefficients) < rounding, 0, coefficients)
    residuals = np.where(exact, 0, residuals)
    if model.random_pairs:
        return Fit(model, coefficients, 0 * values, 0 * values[0], model.dof, 0, 0)
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
    outlier = not (enough or cells) and has_outlier(model.main, adjusted[:, -1])
    if outlier:
        squares = from_residuals + np.sum(sizes**2, axis=0)
        from_repeats, from_interactions = 0, len(sizes)
        dof = model.dof + from_interactions
    noise = np.sqrt(squares / dof) if dof else squares * math.nan
    if enough and model.covariates.columns is None:
        leverage = np.einsum("ij,ji->i", model.columns, model.inverse)
        # A run with a leverage of one fits itself: its residual is zero and says nothing.
        kept = (1 - leverage > _TOLERANCE)[:, np.newaxis]
        variances = np.where(kept, residuals**2 / np.maximum(1 - leverage, 1e-9)[:, np.newaxis], 0)
    else:
        variances = np.broadcast_to(noise**2, values.shape)
    doubts = _doubts(model, cells, adjusted, coefficients)
    if doubts is None and from_interactions and not outlier:
        doubts = _doubts_of_triples(model, coefficients, noise)
    return Fit(
        model, coefficients, variances, noise, dof, from_repeats, from_interactions,
        failing=next(iter(cells), None), outlier=outlier, doubts=doubts,
    )  # fmt: skip


def _fit_mixed(
    model: Model, values: np.ndarray, rounding: np.ndarray, repeated: Sequence[np.ndarray]
) -> Fit:
    """Fit with the pairs as random terms, and the noise from the same three sources."""
    first = 1 + len(model.techniques)
    fixed = model.columns[:, :first]
    # The interaction of a group is a sum of as many as it has pairs.
    random = model.columns[:, first:] * np.sqrt([len(group.pairs) for group in model.groups])
    squares = np.zeros(values.shape[1])
    from_repeats = from_interactions = 0
    if model.dof < ENOUGH_DOF:
        for group in repeated:
            squares = squares + np.sum((group - group.mean(axis=0)) ** 2, axis=0)
            from_repeats += len(group) - 1
        sizes = random_effects(fixed, random, values)
        if not from_repeats or len(sizes) < _LEAST_SIZES:
            # Without repeated runs all that is left is noise, as in a design that is complete.
            sizes = residual_contrasts(fixed, random, values)
        spread, from_interactions = chance(sizes)
        squares = squares + from_interactions * spread**2
    elsewhere = from_repeats + from_interactions
    mixed = fit_mixed(fixed, random, model.inverse, values, squares, elsewhere)
    cells = _failing(model, values[:, -1]) if mixed.interactions else ()
    coefficients = np.where(np.abs(mixed.coefficients) < 1000 * rounding, 0, mixed.coefficients)
    return Fit(
        model,
        coefficients,
        np.broadcast_to(mixed.noise**2, values.shape),
        mixed.noise,
        mixed.dof,
        from_repeats,
        from_interactions,
        mixed.covariances,
        next(iter(cells), None),
        doubts=_doubts(model, cells, values, coefficients),
    )


def _is_orthogonal(columns: np.ndarray) -> bool:
    """Check that no column shares anything with another."""
    shared = columns.T @ columns
    return bool(np.all(np.abs(shared - np.diag(np.diag(shared))) < _TOLERANCE))


def _failing(model: Model, values: np.ndarray) -> tuple[Cell, ...]:
    """The cells that explain most of what the techniques alone leave of the values, (runs,)."""
    techniques = model.columns[:, 1 : 1 + len(model.techniques)]
    return dominant_cells(techniques, values, model.techniques)


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
    return familywise(largest, dof, len(sizes)) < 1 - CONFIDENCE


def _interaction_sizes(model: Model, coefficients: np.ndarray) -> np.ndarray:
    """Estimable interactions, (interactions, responses), on the scale of one run's noise."""
    first = 1 + len(model.techniques)
    units = [model._unit(first + at) for at in range(len(model.groups)) if model.pairs]
    contrasts = [unit for unit in units if model.estimable(unit)]
    if len(contrasts) < _LEAST_SIZES:
        return np.empty((0, coefficients.shape[1]))
    scale = np.linalg.norm(np.array(contrasts) @ model.inverse, axis=1)
    return np.asarray(np.array(contrasts) @ coefficients / scale[:, np.newaxis])


def _model(
    names: tuple[str, ...],
    parts: list[np.ndarray],
    groups: tuple[Alias, ...],
    beside: Covariates,
    *,
    pairs: bool,
) -> Model:
    columns = np.column_stack(parts if beside.columns is None else [*parts, beside.columns])
    inverse = np.linalg.pinv(columns, rcond=1e-9)
    dof = len(columns) - int(np.linalg.matrix_rank(columns))
    return Model(names, columns, inverse, groups, pairs, dof, covariates=beside)


def pair_groups(main: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, tuple[Alias, ...]]:
    """Find the distinct columns of the pairs, (runs, groups), and the pairs that share each."""
    products = pair_columns(main)
    by_column: dict[bytes, tuple[np.ndarray, list[Pair], list[int]]] = {}
    for pair, column in zip(combinations(names, 2), products.T, strict=True):
        sign = int(column[0])
        shared = by_column.setdefault((column * sign).tobytes(), (column * sign, [], []))
        shared[1].append(pair)
        shared[2].append(sign)
    columns = [column * signs[0] for column, _, signs in by_column.values()]
    aliases = tuple(
        Alias(tuple(pairs), tuple(sign * signs[0] for sign in signs))
        for _, pairs, signs in by_column.values()
    )
    return np.array(columns).reshape(len(columns), len(main)).T, aliases
