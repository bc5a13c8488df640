"""Techniques with more lost runs than without, or fewer: the effects are of the runs left."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from search.analysis.exact_test import fisher_exact
from search.analysis.lost_together import LostTogether
from search.analysis.run_losses import given_up
from search.analysis.sides import sides
from search.analysis.t_distribution import ALPHA
from search.results import Results, Run

Loss = Literal["failed", "pruned", "no value"]
"""How a run ends without a value: 'no value' is one that cannot be computed with."""

_LOST: dict[Loss, Callable[[Run], bool]] = {
    "failed": lambda run: run.state == "failed",
    "pruned": lambda run: run.state == "pruned",
    "no value": lambda run: run.state == "complete" and run.value is None,
}


@dataclass(frozen=True)
class Side:
    """The runs with a technique, or those without it."""

    lost: int
    """Those that are lost in one way."""
    runs: int
    left: int
    """Those that have a value."""


@dataclass(frozen=True)
class UnequalLoss:
    """A technique, or a level of another parameter, with more or fewer lost runs than without."""

    technique: str
    """As in a sentence: `optimizer sgd` for a level."""
    loss: Loss
    on: Side
    off: Side
    scored: bool
    """True where all that are lost had told of some score before, as a pruner compares them."""

    @property
    def more_on(self) -> bool:
        """True where more are lost with it than without."""
        return self.on.lost * self.off.runs > self.off.lost * self.on.runs

    @property
    def worse(self) -> Side:
        """The side that loses more runs."""
        return self.on if self.more_on else self.off


def unequal_losses(
    results: Results, together: Sequence[LostTogether] = ()
) -> tuple[UnequalLoss, ...]:
    """Find what the losses of runs depend on, the surest first, beside what fails `together`.

    By Fisher's exact test, at 5 % for all techniques, levels and kinds of loss together
    (Bonferroni). Runs that wait or are under way are not counted, nor are, for the other
    techniques, those of a side where no run has a value.
    """
    ended = _planned(results) if results.designed else _tried(results)
    explained = {number for one in together for number in one.trials}
    ended = [run for run in ended if run.number not in explained]
    gone = {one.technique: one for one in _found(results, ended) if not one.worse.left}
    both = sides(results, ended)
    lost = {run.number for name, one in gone.items() for run in both[name][not one.more_on]}
    others = _found(results, [run for run in ended if run.number not in lost])
    return (*gone.values(), *(one for one in others if one.technique not in gone))


def _tried(results: Results) -> list[Run]:
    """The trials of another program that have ended."""
    return [run for run in results.runs if run.state in ("complete", "pruned", "failed")]


def _planned(results: Results) -> list[Run]:
    """The measured runs that have ended, and those that are given up.

    But for those with what every run failed with, which are told of as such.
    """
    ended = [run for run in results.runs
             if run.phase == "measure" and run.ended and results.at_budget(run)]  # fmt: skip
    lost = (one for one in given_up(results) if one.phase == "measure" and not one.broken)
    return [*ended, *(one.run for one in lost)]


def _found(results: Results, ended: Sequence[Run]) -> list[UnequalLoss]:
    """One for each technique, of the loss that depends on it most surely."""
    both = sides(results, ended)
    scored = {
        loss: all(run.curve for run in runs)
        for loss, is_lost in _LOST.items()
        if (runs := [run for run in ended if is_lost(run)])
    }
    found = []
    for loss, name in itertools.product(scored, both):
        on, off = (_side(runs, _LOST[loss]) for runs in both[name])
        one = UnequalLoss(name, loss, on, off, scored[loss])
        # Of levels, those that lose more: the others lose less for that alone.
        if name not in results.factors and not one.more_on:
            continue
        p_value = fisher_exact(on.lost, on.runs, off.lost, off.runs)
        if p_value * len(both) * len(scored) < ALPHA:
            found.append((p_value, one))
    found.sort(key=lambda pair: -pair[0])
    surest = {one.technique: one for _, one in found}
    return list(reversed(surest.values()))


def _side(runs: Sequence[Run], is_lost: Callable[[Run], bool]) -> Side:
    return Side(sum(map(is_lost, runs)), len(runs), sum(run.value is not None for run in runs))
