"""Timing of a few epochs before a study that is planned for a time."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import fmean

from optuna.trial import FixedTrial

from model_space.worker.client import TrainingError
from search.errors import InputError
from search.planning.space import Space
from search.planning.time_plan import FASTER, Timing, exactly, written
from search.running.local_workers import LocalWorkers
from search.settings import Settings

_EPOCHS = 4
"""At most, of each of the two runs that are timed; in the first, the network is traced too."""
_ENOUGH = 0.05
"""Share of the time asked for after which no further epoch is timed, two of each run apart."""
_PATIENCE = 120.0
"""Seconds beyond the time asked for in which the timing still may end, so that kouka can say what
a study would take."""


def time_epochs(workers: LocalWorkers, settings: Settings, seconds: float) -> Timing:
    """Time an epoch with all techniques off and with all on, on all workers at once.

    `seconds` is the time that the study may take. Raises `InputError` where a few epochs take
    much more than that.
    """
    space = Space.of(settings)
    recipes = [space.suggest(FixedTrial(space.params(on))) for on in ((), space.factors)]
    budget = replace(settings.budget(), epochs=_EPOCHS)
    began = time.monotonic()
    epochs = 0

    def go_on(epoch: int, objective: float) -> bool:
        nonlocal epochs
        epochs += 1
        return epoch < 2 or time.monotonic() - began < _ENOUGH * seconds

    most = seconds + _PATIENCE
    try:
        runs = workers.time(recipes, budget, go_on, most)
    except TrainingError as error:
        if time.monotonic() - began < most:
            raise
        ended = f"only {epochs} epochs ended" if epochs else "not even one epoch ended"
        raise InputError(
            f"--time {exactly(seconds)} is too short: {ended} in {written(most)} of timing; give "
            f"it many times as much, or make a run {FASTER}"
        ) from error
    cheapest, dearest = (fmean(run.epoch for run in column) for column in runs)
    start = fmean(run.start for column in runs for run in column)
    return Timing(cheapest, dearest, start, workers.workers)
