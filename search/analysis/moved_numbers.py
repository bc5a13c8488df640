"""Numbers that techniques or levels change, as the optimizer does the best learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from search.analysis.effects import effects_of
from search.analysis.fit import Fit
from search.analysis.least_squares import pseudo_inverse, rank
from search.analysis.model import Model
from search.analysis.number_curves import NumberCurve, number_curves
from search.analysis.random_pairs import fit_mixed
from search.analysis.t_distribution import ALPHA, two_sided
from search.parameters import level_label
from search.results import Results, Run

_MOST_VALUES = 20_000
"""Numbers, times parameters, times trials: of more, it would take longer than all the rest."""
_LEAST_RUNS = 8
"""Of a side or level; fewer tell no curve of their own."""


@dataclass(frozen=True)
class MovedNumber:
    """A number that is surely worth something else with a technique, or by the level of another
    parameter."""

    number: str
    parameter: str
    """The technique, or the parameter of several levels."""
    p_value: float
    """Two-sided, corrected for all numbers and parameters."""
    curves: tuple[tuple[str, NumberCurve], ...]
    """What the number is worth with the technique and `without it`, or at each level, where the
    trials there tell that some values are better than others."""


def moved_numbers(results: Results, fitted: Fit | None) -> list[MovedNumber]:
    """Find what changes the numbers of another program's study, the smallest p-value first.

    In the fit of the effects, with one of the interactions as a fixed term beside the others.
    """
    if fitted is None or not fitted.model.products or not results.foreign:
        return []
    model, names = fitted.model, {*fitted.model.covariates.numbers}
    tested = {pair: product for pair, product in model.products.items()
              if len(names.intersection(pair)) == 1}  # fmt: skip
    values = np.array([[run.scaled] for run in results.of("measure")])
    if len(tested) * len(values) > _MOST_VALUES:
        return []
    found = []
    for pair, product in tested.items():
        rest = {other: each for other, each in model.products.items() if other != pair}
        p_value = len(tested) * _p_value(replace(model, products=rest), product, values)
        if p_value < ALPHA:
            parameter, number = pair
            curves = tuple(_curves(results, number, parameter))
            found.append(MovedNumber(number, parameter, p_value, curves))
    return sorted(found, key=lambda one: one.p_value)


def _p_value(model: Model, product: np.ndarray, values: np.ndarray) -> float:
    """The p-value of the interactions of a number and a parameter, (runs, n), corrected for n."""
    fixed = np.column_stack([model.main, product])
    count = product.shape[1]
    if rank(fixed) < fixed.shape[1]:
        return 1.0
    inverse = pseudo_inverse(fixed)
    mixed = fit_mixed(fixed, model.random, inverse, values, np.zeros(1), 0)
    sizes = mixed.coefficients[-count:, 0]
    errors = np.sqrt(np.maximum(np.diag(mixed.covariances[0])[-count:], 0))
    if not mixed.dof or not errors.all():
        return 1.0
    furthest = float(np.max(np.abs(sizes / errors)))
    return float(min(1.0, count * two_sided(furthest, mixed.dof)))


def _curves(results: Results, number: str, parameter: str) -> Iterator[tuple[str, NumberCurve]]:
    """Estimate the curve of a number from the trials of each side or level alone."""
    for name, runs in _sides(results, parameter):
        if len(runs) < _LEAST_RUNS:
            continue
        some = replace(
            results,
            runs=tuple(runs),
            factors=tuple(one for one in results.factors if one != parameter),
            others=tuple(one for one in results.others if one.name != parameter),
        )
        effects = effects_of(some)
        for curve in number_curves(some, effects.fit if effects else None):
            if curve.number.name == number and curve.matters:
                yield name, curve


def _sides(results: Results, parameter: str) -> Iterator[tuple[str, Sequence[Run]]]:
    runs = results.of("measure")
    if parameter in results.factors:
        yield parameter, [run for run in runs if parameter in run.on]
        yield "without it", [run for run in runs if parameter not in run.on]
        return
    levels: dict[str, Any] = {level_label(run.params[parameter]): None for run in runs}
    for level in levels:
        yield level, [run for run in runs if level_label(run.params[parameter]) == level]
