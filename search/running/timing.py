"""Timing of a few epochs before a study that is planned for a time."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import fmean

from optuna.trial import FixedTrial

from model_space.worker.client import TrainingError
from search.errors import InputError
from search.planning.space import Space
from search.planning.time_plan import Timing, written
from search.running.local_workers import LocalWorkers
from search.settings import Settings

_EPOCHS = 4
"""At most, of each of the two runs that are timed; in the first, the network is traced too."""
_ENOUGH = 0.05
"""Share of the time asked for after which no further epoch is timed, two of each run apart."""
_MOST = 0.4
"""Share of it after which the timing is given up."""


def time_epochs(workers: LocalWorkers, settings: Settings, seconds: float) -> Timing:
    """Time an epoch with all techniques off and with all on, on all workers at once.

    `seconds` is the time that the study may take. Raises `InputError` where a few epochs take too
    much of it.
    """
    space = Space.of(settings)
    recipes = [space.suggest(FixedTrial(space.params(on))) for on in ((), space.factors)]
    budget = replace(settings.budget(), epochs=_EPOCHS)
    began = time.monotonic()

    def go_on(epoch: int, objective: float) -> bool:
        return epoch < 2 or time.monotonic() - began < _ENOUGH * seconds

    try:
        runs = workers.time(recipes, budget, go_on, _MOST * seconds)
    except TrainingError as error:
        if time.monotonic() - began < _MOST * seconds:
            raise
        raise InputError(
            f"--time {written(seconds)} is too short: a few epochs, timed to plan by, took more "
            f"than {100 * _MOST:.0f} % of it; give it more time, or make a run faster with a "
            "smaller --train-size, --width or --image-size"
        ) from error
    cheapest, dearest = (fmean(run.epoch for run in column) for column in zip(*runs, strict=True))
    start = fmean(run.start for row in runs for run in row)
    return Timing(cheapest, dearest, start, workers.workers)
