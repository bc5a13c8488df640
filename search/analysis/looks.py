"""Looks at a study: when its verdicts are due, and how sure each must be.

Whoever looks often enough finds something. So a verdict is due when all planned runs are in, and
each time that a study grows is one more look, for which a part of the 5 % is kept (alpha spending,
Lan & DeMets 1983). The boundaries are those of normal estimates from runs that grow in number
(Armitage, McPherson & Rowe 1969).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from search.analysis.distributions import normal_cdf, normal_quantile
from search.analysis.run_losses import given_up
from search.analysis.t_distribution import ALPHA
from search.results import Results

FIRST = 0.04
"""Share of studies that may give a wrong verdict at the first look, which for most is the only one;
over all looks, `ALPHA` may."""
_KEPT = 1 / 3
"""Share of what is left that each further look leaves to those after it."""

_ADDED = 0.01
"""Share of studies in which a gain's interval may miss at a later look, though it held at the
first, which had all of the 5 %."""

_REACH, _POINTS = 8.0, 1601
"""Grid of the standard normal: from minus to plus so much, and its number of points."""


@dataclass(frozen=True)
class Look:
    """A look at a study's effects."""

    sizes: tuple[int, ...] = ()
    """Numbers of runs at which verdicts were due or are, first to last; empty where nobody planned
    any, so that this look stands for itself."""
    finished: int = 0
    """Planned runs that have ended, or were given up."""

    @property
    def complete(self) -> bool:
        """True where all planned runs are in, so that verdicts are due."""
        return not self.sizes or self.finished >= self.sizes[-1]

    def alpha(self, tests: int) -> float:
        """Significance level of this look's corrected p-values, of so many tests at a time."""
        if not self.sizes:
            return ALPHA
        return alphas(self.sizes, spent_by_growth(len(self.sizes)), tests)[-1]

    def corrected(self, p_value: float, tests: int) -> float:
        """A corrected p-value, of so many tests at a time, to be compared with `ALPHA`."""
        return min(1.0, p_value * ALPHA / self.alpha(tests))


ALONE = Look()
"""A look at runs that nobody planned, which are judged as they stand."""


def look_at(results: Results) -> Look:
    """Take the look that a study's plan allows now: one for each size that it grew to."""
    if results.enqueued:
        states = Counter(run.state for run in results.runs)
        # A trial that failed comes again only where the user asks for it.
        waiting = states["waiting"] + states["running"]
        return Look(results.enqueued, results.enqueued[-1] - waiting)
    sizes = results.settings.measured_sizes if results.settings else ()
    if not sizes:
        return ALONE
    ended = {(run.seed, run.on) for run in results.runs if run.phase == "measure" and run.ended}
    lost = [one for one in given_up(results) if one.phase == "measure"]
    finished = len(ended) + len(lost)
    if "measure" in results.closed and 0 < finished < sizes[-1]:
        # The clock ended it, which knows nothing of the effects: this is the last look.
        sizes = (*(size for size in sizes if size < finished), finished)
    return Look(sizes, finished)


def spent_by_growth(looks: int) -> tuple[float, ...]:
    """Shares of studies that may be wrong by each look, where nobody knows how many will follow."""
    return tuple(ALPHA - (ALPHA - FIRST) * _KEPT**before for before in range(looks))


def alpha_of_gains(results: Results) -> float:
    """Significance level of what `confirm` finds: 5 %, until seeds are added to those seen.

    Seeds are added where an interval has not decided yet, and one that is 95 % at each look misses
    at one of them more often than that.
    """
    sizes = confirm_looks(results)
    spent = tuple(ALPHA + _ADDED * (1 - _KEPT**before) for before in range(len(sizes)))
    return alphas(sizes, spent, 1)[-1] if sizes[1:] else ALPHA


def confirm_looks(results: Results) -> tuple[int, ...]:
    """The seeds of a recipe at each look at what `confirm` finds, first to last."""
    settings = results.settings
    if settings is None or not settings.confirm:
        return ()
    return (*(n for n in settings.confirm_before if n < settings.confirm), settings.confirm)


@cache
def alphas(sizes: tuple[int, ...], spent: tuple[float, ...], tests: int) -> tuple[float, ...]:
    """Significance levels of the corrected p-values at looks after so many runs.

    By each look the share `spent` of studies without any effect has given a wrong verdict, in one
    of so many independent tests.
    """
    alone = [1 - (1 - share) ** (1 / tests) for share in spent]
    return tuple(float(1 - (1 - alpha) ** tests) for alpha in _alphas_of_one(sizes, alone))


def _alphas_of_one(sizes: Sequence[int], spent: Sequence[float]) -> list[float]:
    """Two-sided levels of one test at each look, by recursion over its distribution."""
    grid = np.linspace(-_REACH, _REACH, _POINTS)
    step = grid[1] - grid[0]
    found: list[float] = []
    inside = np.zeros(0)
    for at, size in enumerate(sizes):
        share = spent[at] - (spent[at - 1] if at else 0)
        if not at:
            density = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
        else:
            # The estimate so far is a weighted mean of that before and of the new runs'.
            kept = np.sqrt(sizes[at - 1] / size)
            spread = np.sqrt(1 - kept**2)
            apart = (grid[:, np.newaxis] - kept * grid) / spread
            density = np.exp(-(apart**2) / 2) @ inside * step / (np.sqrt(2 * np.pi) * spread)
        half = density[_POINTS // 2 :]
        steps = step * (half[1:] + half[:-1])
        beyond = np.append(np.cumsum(steps[::-1])[::-1], 0)
        bound = float(
            np.interp(-share, -beyond, grid[_POINTS // 2 :]) if at else -normal_quantile(share / 2)
        )
        found.append(2 * normal_cdf(-bound))
        inside = np.where(np.abs(grid) < bound, density, 0)
    return found
