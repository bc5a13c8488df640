"""What the numbers of another program's study are worth: its learning rates, decays and sizes.

Effects are of what is on or off, or of a few levels. A number is in their fit as a curve; this says
where that is best, and by how much. All of a curve is looked at, so each interval holds for every
two of its values at once (Scheffé 1953, but by the largest t of the curve's own values, as in Hsu
1996 for multiple comparisons with the best).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.covariates import Polynomial
from search.analysis.distributions import t_draws
from search.analysis.estimate import Estimate
from search.analysis.fit import Fit, fit
from search.analysis.least_squares import FITS_ITSELF, pseudo_inverse, rank
from search.analysis.model import of_numbers
from search.analysis.t_distribution import ALPHA, CONFIDENCE, quantile
from search.parameters import Number, Order
from search.results import Results

_PLACES = 33
"""Of a number, at which its curve is looked at."""
_DRAWS = 4_000
_LEAST_PIECES, _MOST_PIECES = 3, 16
"""Of the broken line beside a curve."""
_SELDOM = 0.025
"""Share of the runs with the lowest values of a number, and with the highest, to which its curve
does not reach: so few would bend it."""


@dataclass(frozen=True)
class NumberCurve:
    """What a number is worth by its value, with all else as it is in the mean."""

    number: Number
    values: tuple[float, ...]
    """Rising, from the lowest to the highest that enough runs have."""
    worth: tuple[Estimate, ...]
    """At each, beside the mean over the runs, in points of a share, else in the objective's unit.
    Each interval is for its value alone."""
    best: float
    """The value at which the curve is best."""
    best_low: float
    """Ends of the values that are not surely worse than that: their 95 % interval."""
    best_high: float
    worst: float
    gain: Estimate
    """From the worst value to the best one; its interval allows for the choice of both."""
    p_value: float
    """That the number does nothing, corrected for the numbers."""
    whole: bool = False
    """True of an integer."""

    @property
    def matters(self) -> bool:
        """True where some values are surely better than others."""
        return self.p_value < ALPHA

    @property
    def open_ends(self) -> tuple[bool, bool]:
        """Whether the best value may be lower, or higher, than all of `values`."""
        return self.best_low <= self.values[0], self.best_high >= self.values[-1]


def number_curves(results: Results, fitted: Fit | None) -> list[NumberCurve]:
    """Estimate the curve of each number that every run has, the largest gain first.

    `fitted` is the fit of the effects, None where the study has none: then the numbers have one of
    their own. None are told of kouka's own studies, whose numbers are in their design, or of too
    few runs for a broken line beside each curve: a polynomial rounds off what is sharp, and that
    shows in the difference of the two, which counts as a standard error of its own (Draper 1995).
    """
    runs = results.of("measure")
    if not results.foreign or not runs:
        return []
    values = np.array([[run.scaled] for run in runs])
    if fitted is None:
        model = of_numbers(runs, results.others)
        fitted = None if model is None else fit(model, values)
    if fitted is None or not fitted.dof:
        return []
    told = [one for one in fitted.model.covariates.polynomials if not isinstance(one.number, Order)]
    found = []
    for one in told:
        params = [run.params[one.number.name] for run in runs]
        taken = np.array([one.number.scaled(value) for value in params])
        curve = _curve(fitted, one, taken, values[:, 0], results.objective.sign)
        if curve is not None:
            whole = all(isinstance(value, int) for value in params)
            p_value = min(1.0, len(told) * curve.p_value)
            found.append(replace(curve, p_value=p_value, whole=whole))
    return sorted(found, key=lambda one: -abs(one.gain.value))


def _curve(
    fitted: Fit, polynomial: Polynomial, taken: np.ndarray, values: np.ndarray, sign: int
) -> NumberCurve | None:
    """The curve of a number, which the runs, of these values, took at these places, scaled."""
    number = polynomial.number
    low, high = np.quantile(taken, (_SELDOM, 1 - _SELDOM))
    grid = np.linspace(low, high, _PLACES)
    weights = fitted.model.along(polynomial, grid)
    if not low < high or not all(fitted.model.estimable(one) for one in weights):
        return None
    line = _broken_line(fitted.model.without(polynomial), taken, values, grid)
    if line is None:
        return None
    curve, covariance = weights @ fitted.coefficients[:, 0], fitted.covariance(weights)
    first, second = np.triu_indices(_PLACES, 1)
    errors = _errors(covariance)
    if not errors[first, second].all():
        return None
    difference = np.subtract.outer(curve, curve)
    doubts = difference - np.subtract.outer(line.curve, line.curve)
    wider = np.maximum(_errors(line.covariance) ** 2, errors**2)
    doubted = np.sqrt(wider + doubts**2)
    top, bottom = int(np.argmax(sign * curve)), int(np.argmin(sign * curve))
    dof = fitted.dof_of(weights[top] - weights[bottom])
    draws = t_draws(covariance, dof, _DRAWS)
    largest = np.max(np.abs(draws[:, first] - draws[:, second]) / errors[first, second], axis=1)
    critical = float(np.quantile(largest, CONFIDENCE))
    seen = float(np.max(np.abs(difference) / np.where(doubted > 0, doubted, math.inf)))
    good = grid[sign * (curve[top] - curve) <= critical * doubted[top]]
    gain, margin = float(curve[top] - curve[bottom]), critical * float(doubted[top, bottom])
    alone = quantile(dof) * np.sqrt(np.maximum(np.diag(covariance), 0))
    places = tuple(_unscaled(number, place) for place in grid)
    return NumberCurve(
        number,
        places,
        tuple(
            Estimate(float(value), float(value - beside), float(value + beside))
            for value, beside in zip(curve, alone, strict=True)
        ),
        places[top],
        _unscaled(number, good[0]),
        _unscaled(number, good[-1]),
        places[bottom],
        Estimate(gain, gain - margin, gain + margin),
        (1 + float(np.sum(largest >= seen))) / (1 + _DRAWS),
    )


@dataclass(frozen=True, eq=False)
class _Line:
    """A broken line in place of a polynomial, at the same places of the number."""

    curve: np.ndarray
    """(places,)."""
    covariance: np.ndarray
    """(places, places)."""


def _broken_line(
    others: np.ndarray, taken: np.ndarray, values: np.ndarray, grid: np.ndarray
) -> _Line | None:
    """Fit a line that breaks between as many runs each, beside the `others`, (runs, columns).

    Its errors are HC2, as the fit's. None where it would take more than half of the degrees of
    freedom.
    """
    left = len(taken) - rank(others)
    pieces = max((d for d in range(1, _MOST_PIECES + 1) if d * (d + 1) <= left), default=0) - 1
    pieces = max(pieces, _LEAST_PIECES)
    if 2 * pieces > left:
        return None
    breaks = np.quantile(taken, np.arange(1, pieces) / pieces)

    def columns(places: np.ndarray) -> np.ndarray:
        beyond = np.maximum(np.subtract.outer(places, breaks), 0)
        return np.column_stack([places - taken.mean(), beyond])

    own = columns(taken)
    model = np.column_stack([others, own - own.mean(axis=0)])
    inverse = pseudo_inverse(model)
    residuals = values - model @ (inverse @ values)
    room = np.maximum(1 - np.einsum("ij,ji->i", model, inverse), FITS_ITSELF)
    weights = (columns(grid) - own.mean(axis=0)) @ inverse[others.shape[1] :]
    return _Line(weights @ values, (weights * (residuals**2 / room)) @ weights.T)


def _errors(covariance: np.ndarray) -> np.ndarray:
    """Standard errors, (n, n), of the difference of each two of n estimates."""
    variances = np.diag(covariance)
    return np.asarray(np.sqrt(np.maximum(np.add.outer(variances, variances) - 2 * covariance, 0)))


def _unscaled(number: Number, value: float) -> float:
    return math.exp(value) if number.log else float(value)
