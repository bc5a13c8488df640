"""Movement of the effects with the epochs: whether a longer training would change them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from search.analysis.effects import CERTAIN, Effect, effects
from search.analysis.epochs import shared_epochs
from search.analysis.t_distribution import quantile
from search.parameters import Category, Number
from search.results import Run
from search.settings import usual_last_epochs


@dataclass(frozen=True)
class Movement:
    """The change of a technique's effect from the middle of the training to its end."""

    change: Effect
    """In the unit of the effects, with interval and corrected p-value; its verdict says nothing."""
    begin: int
    """The last of the epochs in the middle whose mean it changes from."""
    end: int
    """The last epoch."""

    @property
    def clear(self) -> bool:
        """True where the change is larger than a change of seed explains."""
        return self.change.verdict in CERTAIN


def movements(
    runs: Sequence[Run], techniques: Sequence[str], others: Sequence[Category | Number]
) -> list[Movement]:
    """Estimate the change of each effect over the second half of the training, largest first.

    It is the effect on the difference, within each run, of two means over equally many epochs: the
    last ones, and those before the middle. What differs between runs and not between epochs drops
    out. `others` are what else the runs differ in. Empty where no effect can be estimated, or with
    fewer than two epochs.
    """
    whole = [run for run in runs if not run.diverged]
    epochs = shared_epochs(whole)
    if len(epochs) < 2:
        return []
    middle, many = len(epochs) // 2, usual_last_epochs(len(epochs))
    before = epochs[max(0, middle - many) : middle]
    last = epochs[-many:]
    changed = [replace(run, value=_mean(run, last) - _mean(run, before)) for run in whole]
    fitted = effects(changed, techniques, others=others)
    if fitted is None:
        return []
    return [
        Movement(effect, before[-1], last[-1]) for effect in fitted.effects if effect.level is None
    ]


@dataclass(frozen=True)
class Rise:
    """The rise of the mean learning curve over the last epochs of the training."""

    last_quarter: float
    """Over the last quarter of the epochs, at most ten; in points of a share, else in the
    objective's unit. The fall, of an objective that is minimized."""
    epochs: int
    """The epochs of that quarter."""
    steady: bool
    """True where the last quarter's is larger than the runs' differences explain."""
    share: float
    """The last quarter's, as a share of the rise from the first epoch to the last."""
    most: float
    """The upper end of its 95 % interval, as such a share."""


def rise(runs: Sequence[Run], maximize: bool) -> Rise | None:
    """Measure by how much the mean curve of some runs still rises at its end.

    None with fewer than two runs or epochs.
    """
    whole = [run for run in runs if not run.diverged]
    epochs = shared_epochs(whole)
    if len(whole) < 2 or len(epochs) < 2:
        return None
    many = min(len(epochs) - 1, usual_last_epochs(len(epochs)))
    sign = 1 if maximize else -1
    gains = [
        sign * run.scale * (run.curve[epochs[-1]] - run.curve[epochs[-1 - many]]) for run in whole
    ]
    totals = [sign * run.scale * (run.curve[epochs[-1]] - run.curve[epochs[0]]) for run in whole]
    margin = quantile(len(gains) - 1) * stdev(gains) / math.sqrt(len(gains))
    gain, total = fmean(gains), fmean(totals)
    whole_rise = total if total > 0 else math.nan
    return Rise(gain, many, gain > margin, gain / whole_rise, (gain + margin) / whole_rise)


def _mean(run: Run, epochs: Sequence[int]) -> float:
    return fmean(run.curve[epoch] for epoch in epochs)
