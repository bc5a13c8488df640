"""How far interactions of two parameters spread beside those of others.

Of random terms that are alike in spread, many that are nothing hide the few that are large, as what
the learning rate changes in the optimizer. So those of each two parameters have a variance of their
own, estimated by expectation and maximization (Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B 39;
Laird & Ware 1982, Biometrics 38), and how far all spread together is left open.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from search.analysis.least_squares import independent
from search.analysis.model import Model

_ROUNDS = 30
"""After which the variances hardly change."""
_PRIOR = 1.0
"""Interactions, as large as those of all blocks in the geometric mean, that each block has beside
its own: one of few columns is no outlier by chance."""
_LEAST = 1e-12
"""Share of the values' variance, below which noise is a rounding error."""


def with_spreads(model: Model, values: np.ndarray) -> Model:
    """Scale a model's products so that they spread as the pairs of techniques do.

    `values`, (runs,), tell how far each spreads.
    """
    if not model.products:
        return model
    products = model.products.values()
    pairs = model.random.shape[1] - sum(one.shape[1] for one in products)
    sizes = [*([pairs] if pairs else []), *(one.shape[1] for one in products)]
    spreads = relative_spreads(
        model.main, model.random, np.repeat(np.arange(len(sizes)), sizes), values
    )
    if pairs:
        spreads = spreads[1:] / spreads[0]
    scaled = (one * spread for one, spread in zip(products, spreads, strict=True))
    return replace(model, products=dict(zip(model.products, scaled, strict=True)))


def relative_spreads(
    fixed: np.ndarray, random: np.ndarray, blocks: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Estimate the standard deviations of the random columns' coefficients in each block,
    (blocks,), over their geometric mean.

    `blocks`, (columns,), are those of the random columns, counted from 0.
    """
    basis = independent(fixed)[0]
    free = len(values) - basis.shape[1]
    left = values - basis @ (basis.T @ values)
    beside = random - basis @ (basis.T @ random)
    squares, counts = float(left @ left), np.bincount(blocks)
    seen = float(np.sum(beside**2))
    if not (free > 0 and squares > 0 and seen > 0):
        return np.ones(len(counts))
    noise = squares / free / 2
    variances = np.full(len(counts), squares / seen / 2)
    for _ in range(_ROUNDS):
        each = variances[blocks]
        sizes, doubts = _predicted(beside, left, each, noise)
        energies = np.bincount(blocks, sizes**2 + doubts)
        errors = left - beside @ sizes
        unexplained = errors @ errors + noise * np.sum(1 - doubts / each)
        noise = max(float(unexplained), _LEAST * squares) / free
        usual = np.exp(np.mean(np.log(variances)))
        variances = (energies + _PRIOR * usual) / (counts + _PRIOR)
    return np.asarray(np.sqrt(variances / np.exp(np.mean(np.log(variances)))))


def _predicted(
    columns: np.ndarray, values: np.ndarray, variances: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Predict random coefficients, (columns,), of so large variances, and the variances of their
    errors, by the smaller of two systems of equations (Henderson 1975, Biometrics 31)."""
    runs, count = columns.shape
    if count <= runs:
        inverse = np.linalg.inv(columns.T @ columns + np.diag(noise / variances))
        return inverse @ (columns.T @ values), noise * np.diag(inverse)
    scaled = columns * variances
    weights = np.linalg.solve(scaled @ columns.T + noise * np.eye(runs), scaled)
    return weights.T @ values, variances - np.sum(weights * scaled, axis=0)
