"""Trials that come out better, or worse, than like ones before: something else has changed.

A sampler that learns tries other techniques in its later trials, which are credited with the
change. So the order of the trials then is one more of the numbers that effects are adjusted for: as
a curve, or as a step where a sudden change describes the trials better.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from search.analysis.effects import Effects, effects_of
from search.analysis.least_squares import pseudo_inverse, residual_dof, solve
from search.analysis.model import Model
from search.analysis.random_pairs import fit_mixed
from search.analysis.rank_correlation import rank_correlation, ranks
from search.analysis.scale_refit import conversion, other_scale
from search.analysis.t_distribution import two_sided
from search.parameters import Category, Draw, Order
from search.results import Drift, Results

ORDER = "the order of the trials"

_ALPHA = 0.01
"""Of each test; a sampler may find what the fit does not know of, and its later trials are better
for it."""
_PERMUTATIONS = 999
_AT_ONCE = 100
"""Permutations, as those of many trials would take much memory."""
_LEAST_DOF = 3
_ROUNDING = 1e-9
_IN_A_ROW = 0.75
"""Share of a recipe's trials, from which what it is worth looks like a change."""
_LEAST_SIDE = 3
"""Trials before and after a sudden change, or of many a share of them."""
_LEAST_SHARE = 0.05
_LEAST_SEEN = 0.05
"""Share of a change that the techniques and other parameters do not explain."""


def beside_drift(results: Results, effects: Effects | None) -> tuple[Results, Effects | None]:
    """Return a study with the order of its trials among its numbers where they drift, and its
    effects beside that; else both as they are."""
    if effects is None or results.designed or effects.noise == 0:
        return results, effects
    model = _beside_recipes(results, effects.fit.model)
    if model.dof < _LEAST_DOF:
        return results, effects
    drifts = _clear_drifts(results, model, effects.fit.model)
    if not drifts or not _on_scale(results, model, effects.fit.model):
        return results, effects
    found = [
        (_unexplained(adjusted, fitted, places=1 + (drift.since is not None)), adjusted, fitted)
        for drift in drifts
        if (fitted := effects_of(adjusted := _beside(results, drift))) is not None
    ]
    if not found:
        return results, effects
    _, results, effects = min(found, key=lambda one: one[0])
    return results, effects


def _clear_drifts(results: Results, alone: Model, model: Model) -> list[Drift]:
    """Find a smooth and a sudden change of the runs; none where neither is clear.

    `alone` is the model without interactions that are random terms.
    """
    sudden = _sudden(results, alone)
    smooth = _smooth(results, alone, _ALPHA if sudden is None else 1.0)
    drifts = [drift for drift in (smooth, sudden) if drift is not None]
    return drifts if any(_is_clear(results, alone, model, one) for one in drifts) else []


def _on_scale(results: Results, alone: Model, model: Model) -> bool:
    """Check that the runs change, too, on the scale on which the techniques may add up better.

    Near a ceiling they do less, and a sampler that learns comes near it.
    """
    scale = other_scale(results)
    if scale is None:
        return True
    convert = conversion(results.of("measure"), scale)
    runs = (run if run.value is None else convert(run) for run in results.runs)
    return bool(_clear_drifts(replace(results, runs=tuple(runs)), alone, model))


def drift_of_runs(results: Results, effects: Effects) -> Drift | None:
    """Correlate what the techniques alone leave of a program's run with its number; None where it
    is chance.

    The order of a design keeps the effects clear of a drift, but not of what a run takes from those
    before it, as by a checkpoint that it goes on from.
    """
    if results.program is None:
        return None
    main = effects.fit.model.main
    values = _values(results)
    left = values - main @ solve(main, values)
    dof = residual_dof(main)
    if np.ptp(left) <= _ROUNDING * np.max(np.abs(values)):
        return None
    return _correlated(results, left, dof, _ALPHA)


def _beside(results: Results, drift: Drift) -> Results:
    """Put the order of the trials among the numbers of a study."""
    numbers = [run.number for run in results.runs]
    order = (
        Order(ORDER, min(numbers), max(numbers))
        if drift.since is None
        else Order.at_change(drift.since, numbers)
    )
    return replace(results, drift=drift, others=(*results.others, order))


def _beside_recipes(results: Results, model: Model) -> Model:
    """Return a model in which nothing but a change with time is left.

    Interactions that are random terms are not in it: so many would take most of a change, as a
    sampler tries other pairs after it. Recipes whose trials nearly all came one after another, as
    those of a baseline that was run first, have a column each: what such a recipe has beside its
    effects is no change with time.
    """
    categories = [one.name for one in results.others
                  if isinstance(one, Category) and not isinstance(one, Draw)]  # fmt: skip
    runs = results.of("measure")
    recipes = [
        repr((sorted(run.on), [run.params.get(name) for name in categories])) for run in runs
    ]
    in_order = [recipes[at] for at in np.argsort([run.number for run in runs])]
    blocks = [(recipe, len([*alike])) for recipe, alike in groupby(in_order)]
    counts = Counter(recipes)
    several = [one for one, count in blocks if count > 1 and count >= _IN_A_ROW * counts[one]]
    own = np.array([[one == recipe for recipe in several] for one in recipes], dtype=float)
    return _with_columns(model, [_fixed(model), own.reshape(len(recipes), len(several))])


def _fixed(model: Model) -> np.ndarray:
    """(runs, n): the columns without random terms."""
    return model.main if model.random_pairs else model.columns


def _with_columns(model: Model, parts: Sequence[np.ndarray]) -> Model:
    columns = np.column_stack(parts)
    inverse, dof = pseudo_inverse(columns), residual_dof(columns)
    return replace(model, columns=columns, inverse=inverse, dof=dof)


def _unexplained(results: Results, effects: Effects, places: int) -> float:
    """The variance that a fit leaves, of which so many degrees of freedom chose its place."""
    model = _with_columns(effects.fit.model, [_fixed(effects.fit.model)])
    left = _left(_values(results), model)
    return float(left @ left) / max(model.dof + 1 - places, 1)


def _is_clear(results: Results, alone: Model, model: Model, drift: Drift) -> bool:
    """Check that interactions, where they are random terms of the model, explain no such drift.

    `alone` is the model without them.
    """
    if not model.random_pairs:
        return True
    numbers = np.array([run.number for run in results.of("measure")], dtype=float)
    change = numbers if drift.since is None else (numbers >= drift.since).astype(float)
    fixed = np.column_stack([alone.columns, change - change.mean()])
    inverse = pseudo_inverse(np.column_stack([fixed, model.random]))
    values = _values(results)[:, np.newaxis]
    mixed = fit_mixed(fixed, model.random, inverse, values, np.zeros(1), 0)
    last = fixed.shape[1] - 1
    error = math.sqrt(max(mixed.covariances[0, last, last], 0.0))
    if not (mixed.dof and error > 0):
        return False
    return two_sided(float(mixed.coefficients[last, 0]) / error, mixed.dof) < _ALPHA


def _smooth(results: Results, model: Model, alpha: float) -> Drift | None:
    """Correlate what the fit leaves of a trial with its number; None where it is chance."""
    return _correlated(results, _left(_values(results), model), model.dof, alpha)


def _correlated(results: Results, left: np.ndarray, dof: int, alpha: float) -> Drift | None:
    """Test the rank correlation of residuals, of so many degrees of freedom, with the order."""
    order = [run.number for run in results.of("measure")]
    found = rank_correlation(order, left.tolist())
    if math.isnan(found) or dof < _LEAST_DOF:
        return None
    t = found * math.sqrt((dof - 1) / max(1 - found**2, 1e-12))
    return Drift(found) if two_sided(t, dof - 1) < alpha else None


def _sudden(results: Results, model: Model) -> Drift | None:
    """Find the trial from which on all come out better, or worse; None where it is chance.

    It is the one whose step explains most of the ranks of what the fit leaves. That is compared
    with the most that any step explains of the same ranks in another order, as the place was
    chosen.
    """
    numbers = np.array([run.number for run in results.of("measure")])
    order = np.argsort(numbers)
    count = len(order)
    least = max(_LEAST_SIDE, math.ceil(_LEAST_SHARE * count))
    before = np.arange(least, count - least + 1)
    columns, inverse = model.columns[order], model.inverse[:, order]
    explained_by_fit = np.sum(_after(columns, before) * _after(inverse.T, before), axis=1)
    lengths = count - before - explained_by_fit
    seen = lengths > _LEAST_SEEN * np.minimum(before, count - before)
    before, lengths = before[seen], lengths[seen]
    left = ranks(_left(_values(results), model)[order].tolist())
    if not len(before) or np.ptp(left) == 0:
        return None

    def explained(values: np.ndarray) -> np.ndarray:
        """The share of each, (runs, several), that each step explains, (places, several)."""
        inside = values - columns @ (inverse @ values)
        shares = _after(inside, before) ** 2 / lengths[:, np.newaxis]
        return np.asarray(shares / np.sum(inside**2, axis=0))

    shares = explained(left[:, np.newaxis])[:, 0]
    best = int(np.argmax(shares))
    random, larger = np.random.default_rng(0), 0
    for drawn in range(0, _PERMUTATIONS, _AT_ONCE):
        some = np.tile(left[:, np.newaxis], min(_AT_ONCE, _PERMUTATIONS - drawn))
        most = explained(random.permuted(some, axis=0)).max(axis=0)
        larger += int(np.sum(most >= shares[best]))
    if 1 + larger > _ALPHA * (1 + _PERMUTATIONS):
        return None
    since = int(numbers[order][before[best]])
    return Drift(rank_correlation((numbers[order] >= since).tolist(), left.tolist()), since)


def _after(values: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Sums of the rows of values, (runs, several), from each of some places on."""
    return np.asarray(np.cumsum(values[::-1], axis=0)[::-1][before])


def _values(results: Results) -> np.ndarray:
    return np.array([run.scaled for run in results.of("measure")])


def _left(values: np.ndarray, model: Model) -> np.ndarray:
    return np.asarray(values - model.columns @ (model.inverse @ values))
