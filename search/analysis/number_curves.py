"""What the numbers of another program's study are worth: its learning rates, decays and sizes.

Effects are of what is on or off, or of a few levels. A number is in their fit as a curve; this says
where that is best, and by how much. All of a curve is looked at, so each interval holds at once
for all that it could have been of (Hsu 1996: multiple comparisons with the best).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.analysis.best_value import Chance, errors_of_differences
from search.analysis.covariates import Polynomial
from search.analysis.estimate import Estimate
from search.analysis.fit import Fit, fit
from search.analysis.least_squares import FITS_ITSELF, pseudo_inverse, rank
from search.analysis.model import Model, of_numbers
from search.analysis.random_pairs import fit_mixed
from search.analysis.t_distribution import ALPHA, quantile
from search.parameters import Number, Order
from search.results import Results

_PLACES = 33
"""Of a number, at which its curve is looked at; those that were tried where they are no more, and
most have several trials."""
_LEAST_PIECES, _MOST_PIECES = 3, 16
"""Of the broken line beside a curve."""
_SELDOM = 0.025
"""Share of the runs with the lowest values of a number, and with the highest, to which its curve
does not reach: so few would bend it."""
_FEW = 3
"""Runs of which that holds at least, where several have each value: two do not tell their noise."""


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
    """The value at which it is worst, among those surely worse where there are any."""
    gain: Estimate
    """From the worst value to the best one; its interval allows for the choice of both."""
    p_value: float
    """That the number does nothing, corrected for the numbers."""
    whole: bool = False
    """True of an integer."""
    lost: tuple[bool, bool] = (False, False)
    """Whether no trial below, or above, has a value that counts, as those there failed or are far
    from all others. The best value is then none of these."""

    @property
    def matters(self) -> bool:
        """True where some values are surely better than others."""
        return self.p_value < ALPHA

    @property
    def open_ends(self) -> tuple[bool, bool]:
        """Whether the best value may be lower, or higher, than all of `values`."""
        below, above = self.lost
        return (
            self.best_low <= self.values[0] and not below,
            self.best_high >= self.values[-1] and not above,
        )


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
        whole = all(isinstance(value, int) for value in params)
        taken = np.array([one.number.scaled(value) for value in params])
        places = places_of(one.number, params)
        if len(places) < 2:
            continue
        curve = _curve(fitted, one, taken, values[:, 0], places, results.objective.sign)
        if curve is not None:
            p_value = min(1.0, len(told) * curve.p_value)
            known = _signed(replace(curve, p_value=p_value, whole=whole))
            found.append(_ended(results, known, params))
    return sorted(found, key=lambda one: -abs(one.gain.value))


def _signed(curve: NumberCurve) -> NumberCurve:
    """End the interval of a gain that is surely one at zero."""
    gain = curve.gain
    if not curve.matters:
        return curve
    if gain.value > 0:
        return replace(curve, gain=replace(gain, low=max(gain.low, 0.0)))
    return replace(curve, gain=replace(gain, high=min(gain.high, 0.0)))


def places_of(number: Number, params: Sequence[float]) -> tuple[float, ...]:
    """Say where to look at a curve: at values that can be tried, where these are known."""
    taken = [number.scaled(value) for value in params]
    tried, trials = np.unique(params, return_counts=True)
    if len(tried) <= _PLACES and np.median(trials) > 1:
        few = max(_FEW, math.ceil(_SELDOM * len(params)))
        low, high = np.sort(params)[[few - 1, -few]]
        return tuple(value for value in tried.tolist() if low <= value <= high)
    low, high = np.quantile(taken, (_SELDOM, 1 - _SELDOM))
    places = [_unscaled(number, place) for place in np.linspace(low, high, _PLACES)]
    whole = all(isinstance(value, int) for value in params)
    return tuple(sorted({round(value) if whole else value for value in places}))


def _ended(results: Results, curve: NumberCurve, params: Sequence[float]) -> NumberCurve:
    """End the best values where the runs beyond were lost, and hardly by chance."""
    name = curve.number.name
    lost = [run.params[name] for run in results.runs
            if (run.far or run.state == "failed") and run.phase == "measure"
            and isinstance(run.params.get(name), (int, float))]  # fmt: skip
    low, high = min(params), max(params)
    beyond = sum(value < low for value in lost), sum(value > high for value in lost)
    of = len(lost) + len(params)
    below, above = (2 * math.comb(len(lost), one) / math.comb(of, one) < ALPHA for one in beyond)
    return replace(
        curve,
        best_low=low if below and curve.open_ends[0] else curve.best_low,
        best_high=high if above and curve.open_ends[1] else curve.best_high,
        lost=(below, above),
    )


def _curve(
    fitted: Fit,
    polynomial: Polynomial,
    taken: np.ndarray,
    values: np.ndarray,
    places: tuple[float, ...],
    sign: int,
) -> NumberCurve | None:
    """The curve, at some places, of a number that the runs, of these values, took so, scaled."""
    number = polynomial.number
    grid = np.array([number.scaled(place) for place in places])
    weights = fitted.model.along(polynomial, grid)
    if not all(fitted.model.estimable(one) for one in weights):
        return None
    line = _broken_line(fitted.model, polynomial, taken, values, grid)
    if line is None:
        return None
    curve, covariance = weights @ fitted.coefficients[:, 0], fitted.covariance(weights)
    errors = errors_of_differences(covariance)
    if not errors.any():
        return _exact(number, places, sign * curve, sign)
    if not errors[np.triu_indices(len(grid), 1)].all():
        return None
    doubts = np.subtract.outer(curve, curve) - np.subtract.outer(line.curve, line.curve)
    wider = np.maximum(errors_of_differences(line.covariance) ** 2, errors**2)
    doubted = np.sqrt(wider + doubts**2)
    top, bottom = int(np.argmax(sign * curve)), int(np.argmin(sign * curve))
    worse = sign * (curve[top] - curve)
    dof = fitted.dof_of(weights[top] - weights[bottom])
    chance = Chance.of(covariance, dof)
    seen = worse / np.where(doubted[top] > 0, doubted[top], math.inf)
    surely = seen > chance.behind_best
    if surely.any():
        bottom = int(np.argmax(np.where(surely, worse, -math.inf)))
    good = np.flatnonzero(~surely)
    gain = float(curve[top] - curve[bottom])
    margin = chance.of_any_two * float(doubted[top, bottom])
    alone = quantile(dof) * np.sqrt(np.maximum(np.diag(covariance), 0))
    return NumberCurve(
        number,
        places,
        tuple(
            Estimate(float(value), float(value - beside), float(value + beside))
            for value, beside in zip(curve, alone, strict=True)
        ),
        places[top],
        places[good[0]],
        places[good[-1]],
        places[bottom],
        Estimate(gain, gain - margin, gain + margin),
        chance.p_value(float(seen.max())),
    )


def _exact(
    number: Number, places: tuple[float, ...], worth: np.ndarray, sign: int
) -> NumberCurve | None:
    """The curve of an objective without noise: the more `worth`, (places,), the better."""
    if not np.ptp(worth) > 0:
        return None
    top, bottom, last = int(np.argmax(worth)), int(np.argmin(worth)), len(places) - 1
    gain = sign * float(worth[top] - worth[bottom])
    return NumberCurve(
        number,
        places,
        tuple(Estimate(value, value, value) for value in (sign * worth).tolist()),
        places[top],
        places[max(top - 1, 0)],  # it may be best between two places
        places[min(top + 1, last)],
        places[bottom],
        Estimate(gain, gain, gain),
        0.0,
    )


@dataclass(frozen=True, eq=False)
class _Line:
    """A broken line in place of a polynomial, at the same places of the number."""

    curve: np.ndarray
    """(places,)."""
    covariance: np.ndarray
    """(places, places)."""


def _broken_line(
    model: Model, polynomial: Polynomial, taken: np.ndarray, values: np.ndarray, grid: np.ndarray
) -> _Line | None:
    """Fit a line that breaks between as many runs each, in the place of a number's polynomial.

    Its errors are HC2 or, beside random terms, of the mixed model, as the fit's. None where it
    would take more than half of the degrees of freedom.
    """
    others = model.without(polynomial)
    left = len(taken) - rank(others)
    pieces = max((d for d in range(1, _MOST_PIECES + 1) if d * (d + 1) <= left), default=0) - 1
    pieces = max(pieces, _LEAST_PIECES)
    if 2 * pieces > left:
        return None
    low, width = taken.min(), np.ptp(taken)
    # Of a length beside which the other columns count.
    taken, grid = (taken - low) / width, (grid - low) / width
    breaks = np.quantile(taken, np.arange(1, pieces) / pieces)

    def columns(places: np.ndarray) -> np.ndarray:
        beyond = np.maximum(np.subtract.outer(places, breaks), 0)
        return np.column_stack([places - taken.mean(), beyond])

    own = columns(taken)
    fixed = np.column_stack([others, own - own.mean(axis=0)])
    inverse = pseudo_inverse(fixed)
    at = np.zeros((len(grid), fixed.shape[1]))
    at[:, others.shape[1] :] = columns(grid) - own.mean(axis=0)
    if model.random_pairs:
        mixed = fit_mixed(fixed, model.random, inverse, values[:, np.newaxis], np.zeros(1), 0)
        return _Line(at @ mixed.coefficients[:, 0], at @ mixed.covariances[0] @ at.T)
    residuals = values - fixed @ (inverse @ values)
    room = np.maximum(1 - np.einsum("ij,ji->i", fixed, inverse), FITS_ITSELF)
    weights = at @ inverse
    return _Line(weights @ values, (weights * (residuals**2 / room)) @ weights.T)


def _unscaled(number: Number, value: float) -> float:
    return math.exp(value) if number.log else float(value)
