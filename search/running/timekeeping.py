"""The clock of a study that was planned for a time: what it has used of it, and what is left.

What counts is the time at work, as whoever stops a study expects to find the rest of its time
later: reading the data and timing epochs at the first launch, and then all the time in which at
least one run trained.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import optuna
from optuna.trial import FrozenTrial, TrialState

from search.analysis.stopping import is_known
from search.planning.durations import run_time
from search.planning.replan import TimeLeft, closed_at_its_end, replanned
from search.planning.schedule import Schedule, schedule
from search.planning.space import Space
from search.results import Results
from search.running.making import settings_of
from search.settings import Settings, TimeLimit
from search.storage import schema
from search.storage.connection import make_storage
from search.storage.heartbeat import fail_lost, utc_offset_of
from search.storage.lock import exclusive
from search.storage.reading import read

_REPORT = 2.5
"""Seconds of a processor that a report takes after a launch."""
_SLOWEST = 8.0


def time_spent(trials: Sequence[FrozenTrial]) -> float:
    """Seconds in which at least one trial ran, so that the pauses of an interrupted study do not
    count, nor what came after the last sign of life of a lost worker."""
    now = datetime.now(UTC)
    spans = sorted(
        (_utc(trial.datetime_start, trial), _end(trial) or now)
        for trial in trials
        if trial.datetime_start is not None
    )
    total, reached = 0.0, None
    for begin, end in spans:
        if reached is None or begin > reached:
            total, reached = total + max(0.0, (end - begin).total_seconds()), end
        elif end > reached:
            total, reached = total + (end - reached).total_seconds(), end
    return total


def time_unspent(limit: TimeLimit, trials: Sequence[FrozenTrial]) -> float:
    """Seconds that a study has left for its runs, as its next launch begins.

    What was left at the last sign of life of a run; by the time in which runs trained where there
    is none, or where the clocks of several machines disagree.
    """
    most = limit.training - time_spent(trials)
    ends = [end.timestamp() for end in map(_end, trials) if end is not None]
    left = limit.ends - max(ends, default=0.0)
    return left if 0 < left < most else most


def _end(trial: FrozenTrial) -> datetime | None:
    """The end of a trial, or the last sign of life of its worker; None while it runs."""
    if trial.datetime_complete is None:
        return None
    unseen = trial.user_attrs.get(schema.UNSEEN)
    silent = timedelta(seconds=unseen if isinstance(unseen, int | float) else 0)
    return _utc(trial.datetime_complete - silent, trial)


def _utc(time: datetime, trial: FrozenTrial) -> datetime:
    """A time that a trial keeps, which is by its worker's clock."""
    return (time - utc_offset_of(trial)).replace(tzinfo=UTC)


def begin_clock(study: optuna.Study, url: str, elapsed: float, workers: int) -> Settings:
    """Settle when the study's time ends, for a launch that began `elapsed` seconds ago.

    Where others are at work on it already, it ends when it would, and these workers are added.
    """
    with exclusive(url, study.study_name):
        fail_lost(study, make_storage(url))
        settings = settings_of(study)
        limit, trials = settings.time, study.get_trials(deepcopy=False)
        assert limit is not None
        ends = time.time() + time_unspent(limit, trials) - elapsed
        others = sum(trial.state == TrialState.RUNNING for trial in trials)
        if others and limit.ends:
            ends = limit.ends
        limit = replace(limit, ends=ends, workers=others + workers)
        settings = replace(settings, time=limit)
        study.set_user_attr(schema.SETTINGS, settings.to_json())
    return settings


def report_time(slowness: float) -> float:
    """Seconds to keep for the report, where others leave a program so much less of a processor."""
    return _REPORT * min(_SLOWEST, max(1.0, slowness))


def time_left(settings: Settings, results: Results, recipes: int | None = None) -> TimeLeft | None:
    """Tell a worker that runs nothing what is left of the time of a study, and what its runs take.

    None where it has no such time, or no complete run yet. `recipes` are those that `confirm`
    compares, where they are known. Workers that joined a launch count while they run something.
    """
    limit, takes = settings.time, run_time(results)
    if limit is None or takes is None:
        return None
    at_work = 1 + sum(run.state == "running" for run in results.runs)
    left = TimeLeft(limit.ends - time.time(), takes, max(limit.workers, at_work))
    return left if recipes is None else replace(left, recipes=recipes)


def planned_anew(settings: Settings, results: Results, now: Schedule) -> Settings:
    """Fit a study that was planned for a time to what is left of it, before a run begins."""
    left = time_left(settings, results)
    if left is None or left.seconds <= 0:
        return settings
    if results.candidates is not None and results.candidates.fit(settings):
        left = replace(left, recipes=len(results.candidates.recipes) + 2)
    return replanned(settings, now, left, lambda: is_known(results))


def end_in_time(study: optuna.Study, url: str) -> None:
    """Close what has not ended of a study whose time is over, so that it is judged as it is."""
    with exclusive(url, study.study_name):
        results = read(study)
        settings = results.launched_with()
        if settings.time is None or time.time() < settings.time.ends:
            return
        now = schedule(settings, Space.of(settings), results)
        closed = closed_at_its_end(settings, now)
        if closed != settings:
            study.set_user_attr(schema.SETTINGS, closed.to_json())
