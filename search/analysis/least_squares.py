"""Least squares on columns of which some may be sums of others, as where runs are missing.

Columns depend on others up to a rounding error, or are far from it. What counts as one is said
here, so that a fit, its degrees of freedom and the effects that it knows agree.
"""

from __future__ import annotations

import numpy as np

_ROUNDING = 1e-9
"""Share of the largest singular value, below which another is a rounding error."""
_SHORT = 1e-6
"""Share of the longest direction, below which another is left out where its length divides."""
FITS_ITSELF = 1e-6
"""What a run's residual keeps of its own noise, one less its leverage, below which the run alone
decides its fitted value."""


def pseudo_inverse(columns: np.ndarray) -> np.ndarray:
    """Return what makes coefficients of values, (columns, runs); the smallest where several fit."""
    return np.linalg.pinv(columns, rcond=_ROUNDING)


def solve(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Fit values, (runs,) or (runs, responses), by columns, (runs, columns); the smallest
    coefficients where several fit."""
    return np.asarray(np.linalg.lstsq(columns, values, rcond=_ROUNDING)[0])


def rank(columns: np.ndarray) -> int:
    """Count the columns that are no sums of others."""
    return int(np.linalg.matrix_rank(columns, rtol=_ROUNDING))


def residual_dof(columns: np.ndarray) -> int:
    """Degrees of freedom that a fit to columns, (runs, columns), leaves."""
    return len(columns) - rank(columns)


def independent(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Orthonormal vectors, (runs, rank), that span the columns, their lengths there, (rank,), and
    the shares, (columns, rank), of the columns in them."""
    vectors, lengths, shares = np.linalg.svd(columns, full_matrices=False)
    kept = lengths > _SHORT * lengths.max(initial=0)
    return vectors[:, kept], lengths[kept], shares[kept].T
