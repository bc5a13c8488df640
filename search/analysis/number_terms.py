"""Numbers of another program's trials, as its learning rate, beside the recipes of the surface.

What a number is worth is a curve, which each technique, level and other number may move. So a
recipe is predicted at the values that are best for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from search.analysis.covariates import BENDS, Covariates, Polynomial, multiplied
from search.analysis.relative_spreads import relative_spreads
from search.analysis.surface import Surface
from search.planning.design import pair_columns

CAUTION = 1.0
"""Standard errors by which values, and recipes with them, are taken to be worse than they seem."""
_ROUNDS = 3
"""In each of which every number is set to its best value, beside those of the others."""


@dataclass(frozen=True, eq=False)
class NumberTerms:
    """The columns of numbers, and what multiplies them with those of recipes and each other."""

    differ: Covariates
    polynomials: Sequence[Polynomial]
    places: Sequence[tuple[float, ...]]
    """Of each number, where its best value is looked for."""
    terms: np.ndarray
    """(runs, terms): the products."""
    spreads: np.ndarray
    """(terms,): how far each spreads beside others, by which the products are multiplied."""

    @staticmethod
    def of(
        differ: Covariates,
        places: Mapping[str, tuple[float, ...]],
        signs: np.ndarray,
        values: np.ndarray,
    ) -> NumberTerms | None:
        """Make the terms of runs whose recipes are `signs`, (runs, columns); None without numbers.

        `values`, (runs,), tell how far the products spread.
        """
        numbers = list(differ.of_numbers.values())
        if not numbers or differ.columns is None:
            return None
        curves = [one.columns for one in numbers]
        terms, blocks = _products(signs, curves), _blocks(signs.shape[1], curves)
        fixed = np.column_stack([np.ones(len(signs)), signs, differ.columns])
        pairs = pair_columns(signs)
        several = int(pairs.shape[1] > 0)
        every = np.concatenate([np.zeros(pairs.shape[1], dtype=int), blocks + several])
        found = relative_spreads(fixed, np.column_stack([pairs, terms]), every, values)
        spreads = found[several:][blocks]
        known = [places[one.number.name] for one in numbers]
        return NumberTerms(differ, numbers, known, terms * spreads, spreads)

    def of_recipes(
        self, signs: np.ndarray, numbers: Sequence[Mapping[str, float]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Make the columns, (recipes, columns), and the products, (recipes, terms), of recipes,
        (recipes, columns), with numbers each.

        One that is not given is at the mean of what the trials had.
        """
        assert self.differ.columns is not None
        columns = np.zeros((len(signs), self.differ.columns.shape[1]))
        for one in self.polynomials:
            name = one.number.name
            given = [at for at, values in enumerate(numbers) if name in values]
            scaled = np.array([one.number.scaled(numbers[at][name]) for at in given])
            columns[given, self.differ.place_of(one)] = one.at(scaled)
        curves = [columns[:, self.differ.place_of(one)] for one in self.polynomials]
        return columns, _products(signs, curves) * self.spreads

    def best(
        self, signs: np.ndarray, surface: Surface, reach: np.ndarray
    ) -> list[dict[str, float]]:
        """Find the numbers at which recipes, (recipes, columns), are best by a surface.

        Each is within its `reach`, (recipes, numbers, 2), scaled, or nearest to its middle, and
        counts for less by its standard error: a sampler that learns tries few values elsewhere than
        at the good ones, and what seems to be best of all the others is chance.
        """
        crossed = self._crossed(surface)
        lines, curves = [], []
        for at, one in enumerate(self.polynomials):
            scaled = np.array([one.number.scaled(value) for value in self.places[at]])
            columns = one.at(scaled)
            lines.append(columns[:, 0])
            within = _within(scaled, reach[:, at])
            worth = self._curves(at, columns, signs, surface)
            curves.append(np.where(within, worth, -np.inf))
        chosen = np.array([curve.argmax(axis=1) for curve in curves])
        for _ in range(_ROUNDS):
            for at, curve in enumerate(curves):
                slopes = np.zeros(len(signs))
                for other, line in enumerate(lines):
                    slopes += crossed[at, other] * line[chosen[other]]
                chosen[at] = (curve + np.multiply.outer(slopes, lines[at])).argmax(axis=1)
        names = [one.number.name for one in self.polynomials]
        return [
            {name: places[at] for name, places, at in zip(names, self.places, each, strict=True)}
            for each in chosen.T.tolist()
        ]

    def on_average(
        self, polynomial: Polynomial, places: Sequence[float], surface: Surface
    ) -> tuple[np.ndarray, np.ndarray]:
        """Estimate what a number is worth at some values, (values,), with its covariance, on
        average over recipes."""
        columns = polynomial.at(np.array([polynomial.number.scaled(value) for value in places]))
        place = self.differ.place_of(polynomial)
        worth, spread = surface.beside(np.arange(place.start, place.stop), np.arange(0))
        return columns @ worth, columns @ spread @ columns.T

    def _curves(
        self, at: int, columns: np.ndarray, signs: np.ndarray, surface: Surface
    ) -> np.ndarray:
        """What a number is worth for recipes at values with these columns, (values, n), less its
        standard errors: (recipes, values)."""
        one = self.polynomials[at]
        count, bends = columns.shape[1], one.bends.shape[1]
        before = sum(other.bends.shape[1] for other in self.polynomials[:at]) * signs.shape[1]
        own = np.arange(before, before + bends * signs.shape[1])
        place = self.differ.place_of(one)
        worth, spread = surface.beside(np.arange(place.start, place.stop), own)
        weights = np.zeros((len(signs), len(columns), count + len(own)))
        weights[:, :, :count] = columns
        moved = _products(signs[:, np.newaxis], [columns[np.newaxis]])
        weights[:, :, count:] = moved * self.spreads[own]
        variances = np.einsum("rvi,rvi->rv", weights @ spread, weights)
        return np.asarray(weights @ worth - CAUTION * np.sqrt(np.maximum(variances, 0)))

    def _crossed(self, surface: Surface) -> np.ndarray:
        """What two numbers' lines are worth together, (numbers, numbers)."""
        count = len(self.polynomials)
        last = np.arange(len(self.spreads))[len(self.spreads) - count * (count - 1) // 2 :]
        crossed = np.zeros((count, count))
        crossed[np.triu_indices(count, 1)] = surface.beside(last[:0], last)[0] * self.spreads[last]
        return crossed + crossed.T


def _within(places: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Mark the values, (recipes, values), that are between two ends, (recipes, 2), or else the one
    that is nearest to the middle of these."""
    low, high = reach[:, :1], reach[:, 1:]
    within = (low <= places) & (places <= high)
    nearest = np.abs(places - (low + high) / 2).argmin(axis=1)
    within[np.arange(len(reach)), nearest] |= ~within.any(axis=1)
    return within


def _products(signs: np.ndarray, curves: Sequence[np.ndarray]) -> np.ndarray:
    """Products, (..., terms), of recipes' columns, (..., columns), with those of each number,
    (..., n), and of the lines of each two numbers."""
    moved = [multiplied(signs, curve[..., :BENDS]) for curve in curves]
    crossed = [one[..., :1] * other[..., :1] for one, other in combinations(curves, 2)]
    return np.concatenate([*moved, *crossed], axis=-1)


def _blocks(columns: int, curves: Sequence[np.ndarray]) -> np.ndarray:
    """The block, (terms,), of each product: those that spread alike."""
    bends = [curve[:, :BENDS].shape[1] for curve in curves]
    sizes = [
        *(one for one in bends for _ in range(columns)),
        *(1 for _ in combinations(curves, 2)),
    ]
    return np.repeat(np.arange(len(sizes)), sizes)
