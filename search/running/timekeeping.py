"""The time that a study has trained, and what it has left of the time it was planned for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from optuna.trial import FrozenTrial

from search.planning.durations import run_time
from search.planning.time_plan import epochs_that_fit, seeds_that_fit, with_long_runs
from search.results import Results
from search.settings import Settings, usual_last_epochs
from search.storage.schema import Phase


def time_spent(trials: Sequence[FrozenTrial]) -> float:
    """Seconds in which at least one trial ran, so that the pauses of an interrupted study do not
    count."""
    now = datetime.now()
    spans = sorted(
        (trial.datetime_start, trial.datetime_complete or now)
        for trial in trials
        if trial.datetime_start is not None
    )
    total, reached = 0.0, None
    for begin, end in spans:
        if reached is None or begin > reached:
            total, reached = total + (end - begin).total_seconds(), end
        elif end > reached:
            total, reached = total + (end - reached).total_seconds(), end
    return total


def fitted(
    settings: Settings, phase: Phase, recipes: int, results: Results, trials: Sequence[FrozenTrial]
) -> Settings:
    """Settings with the epochs, or the seeds, of what is left fitted to the time that is left.

    Before `verify` begins the epochs of the long runs, and before `confirm` its seeds, where the
    plan chose them. Long runs are added where the plan had no time for any, and there is some
    after all. `recipes` are those that `confirm` compares.
    """
    limit, takes = settings.time, run_time(results)
    if limit is None or takes is None:
        return settings
    left = limit.training - time_spent(trials)
    if phase == "verify" and "verify_epochs" in limit.chosen:
        epochs = epochs_that_fit(settings, left, takes, limit.workers)
        last = usual_last_epochs(epochs)
        return replace(settings, verify_epochs=epochs, verify_last_epochs=last)
    if phase == "confirm" and "verify" in limit.chosen and not settings.verify:
        longer = with_long_runs(settings, left, takes, limit.workers)
        if longer is not None:
            last = usual_last_epochs(longer.final_epochs)
            return replace(longer, verify_last_epochs=last)
    if phase == "confirm" and "confirm" in limit.chosen:
        return replace(
            settings, confirm=seeds_that_fit(settings, recipes, left, takes, limit.workers)
        )
    return settings
