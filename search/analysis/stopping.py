"""The rule by which a design that may still grow has said what matters."""

from __future__ import annotations

import math

import numpy as np

from search.analysis.distributions import t_draws
from search.analysis.effects import Effects, effects_of
from search.results import Results

FIRST = 0.9
"""Probability from which the largest effects are known at the first look, where few runs tell of
the noise."""
LATER = 0.5
"""The same at later ones, where to know it more surely takes twice the runs."""
_DRAWS = 4000


def is_known(results: Results) -> bool:
    """Check whether a study's measured runs say which three techniques matter most."""
    found = effects_of(results)
    if found is None:
        return False
    return three_largest(found) >= (FIRST if len(found.look.sizes) < 2 else LATER)


def three_largest(found: Effects) -> float:
    """Return the probability that no effect is larger in size than any of the three largest.

    Of three effects or fewer, it is that of all but the smallest. From draws of the effects'
    multivariate t distribution, with no prior; 0 where the noise cannot be estimated, and 1 of a
    single effect.
    """
    names = [one.technique for one in found.effects if not math.isnan(one.effect)]
    many = min(3, len(names) - 1)
    if not found.dof or many < 0:
        return 0.0
    if not many:
        return 1.0
    estimates = np.array([found.of(name).effect for name in names])
    contrasts = np.array([found.fit.model.technique_contrast(name) for name in names])
    sizes = np.abs(estimates + t_draws(found.fit.covariance(contrasts), found.dof, _DRAWS))
    return float(np.mean(sizes[:, :many].min(axis=1) >= sizes[:, many:].max(axis=1)))
