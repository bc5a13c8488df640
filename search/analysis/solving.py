"""Roots and minima of smooth functions.

Beside SciPy's, these need no SciPy, which is most of what reading a study would otherwise install,
and takes most of a second to import.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_MOST_STEPS = 200
_PRECISION = 4e-16
"""Relative, of a root."""
_FLAT = 1e-5
"""The slope, of all there is within the bounds, at which a minimum is reached."""
_SMALL = 1e-10
"""The gain of a step, as a share of the value, below which there is no further one."""


def root(
    function: Callable[[float], float], low: float, high: float, tolerance: float = 1e-12
) -> float:
    """Find a zero of a continuous function between two places (Chandrupatla 1997).

    It is off by at most `tolerance`. Where the function has the same sign at both places, returns
    the one at which it is nearer to zero.
    """
    new, old, before = high, low, low
    at_new, at_old, at_before = function(high), function(low), 0.0
    if (at_new > 0) == (at_old > 0):
        return low if abs(at_old) < abs(at_new) else high
    share = 0.5
    for _ in range(_MOST_STEPS):
        place = new + share * (old - new)
        found = function(place)
        if (found > 0) == (at_new > 0):
            before, at_before = new, at_new
        else:
            before, at_before, old, at_old = old, at_old, new, at_new
        new, at_new = place, found
        best = new if abs(at_new) < abs(at_old) else old
        least = (_PRECISION * abs(best) + tolerance / 2) / abs(old - new)
        if least > 0.5 or at_new == 0:
            return new if at_new == 0 else best
        share = 0.5
        if before != old and at_before != at_old:
            width, height = (new - old) / (before - old), (at_new - at_old) / (at_before - at_old)
            if height**2 < width and (1 - height) ** 2 < 1 - width:  # interpolation is safe
                share = at_new / (at_old - at_new) * at_before / (at_old - at_before)
                share += (
                    (before - new)
                    / (old - new)
                    * (at_new / (at_before - at_new) * at_old / (at_before - at_old))
                )
        share = min(1 - least, max(least, share))
    return best


def minimum(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    low: float,
    high: float,
) -> np.ndarray:
    """Find a local minimum, (n,), of a function whose arguments lie between two bounds.

    `function` takes (n,) and returns its value and slopes, (n,). By the method of Broyden,
    Fletcher, Goldfarb and Shanno on what is within the bounds, as in Nocedal & Wright 2006.
    """
    place = np.asarray(np.clip(start, low, high))
    value, slopes = function(place)
    curvature = np.eye(len(place)) * max(float(np.linalg.norm(slopes)), 1.0)
    for _ in range(_MOST_STEPS):
        free = ((place > low) | (slopes < 0)) & ((place < high) | (slopes > 0))
        if not np.any(np.abs(slopes[free]) > _FLAT):
            break
        step = np.zeros_like(place)
        step[free] = -np.linalg.solve(curvature[np.ix_(free, free)], slopes[free])
        share = 1.0
        while True:
            there = np.asarray(np.clip(place + share * step, low, high))
            moved = there - place
            reached, slopes_there = function(there)
            if reached <= value + 1e-4 * float(slopes @ moved) or share < _SMALL:
                break
            share /= 2
        if not reached < value - _SMALL * max(abs(value), 1.0):
            break
        bent = slopes_there - slopes
        if float(bent @ moved) > 0:
            pulled = curvature @ moved
            curvature += np.outer(bent, bent) / float(bent @ moved)
            curvature -= np.outer(pulled, pulled) / float(moved @ pulled)
        place, value, slopes = there, reached, slopes_there
    return place
