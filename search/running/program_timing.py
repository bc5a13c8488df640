"""Planning of a study of a user's program for a time, by its first runs."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import fmean

from search.commands.program import EPOCHS
from search.errors import InputError
from search.planning.checks import check_lengths
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.time_plan import Timing, is_of_runs_alone, with_plan
from search.running.first_run import FirstRun, FirstRuns
from search.running.timekeeping import report_time
from search.running.timing import CHANGING, Launched, plan_of
from search.settings import Settings, TimeLimit

FIRST_EPOCHS = 2
"""Of the first run, where the plan chooses the epochs of all others."""
_LONGER = 6
"""Epochs of a further run, which shows what a run takes beside its epochs."""
_TOGETHER = 0.005
"""Share of a run in which it prints several epochs at a time."""
_SHORT = 0.03
"""Share of the study's time that the first run may take for that further run to be made, where the
time is not too short without it."""


def before_its_plan(requested: Requested) -> Requested:
    """Return what the first run takes from a launch whose plan is still to be made.

    Raises `InputError` where the long runs that are asked for would be none, or too short.
    """
    check_lengths(requested.verify, requested.epochs, requested.verify_epochs)
    requested = replace(requested, verify=None, verify_epochs=None)
    if chooses_epochs(requested):
        return replace(requested, epochs=FIRST_EPOCHS, last_epochs=None)
    return requested


def chooses_epochs(requested: Requested) -> bool:
    """Check that the plan of a program's study is to choose the epochs of its runs."""
    program = requested.program
    return program is not None and program.has(EPOCHS) and requested.epochs is None


def planned_by_first_runs(
    runs: FirstRuns, settings: Settings, asked: Requested, workers: int, launched: Launched
) -> tuple[FirstRun, Requested]:
    """Try the first run, and choose the runs that fit in the time where none were asked for.

    `settings` are those of `before_its_plan`, and `workers` those that will run all else. What was
    asked for comes back with what the plan has chosen beside it. Raises `InputError` where the time
    is too short for any plan, and as `FirstRuns.first` does.
    """
    assert asked.time is not None
    seconds = asked.time.seconds
    first = runs.first(settings)
    plan_of(settings, asked, _least(first, asked, workers), 0.0)  # or another seed took as long
    first = runs.with_other_seed(first)
    asked = first.settled(asked)
    timing = _timing(first, None, workers)
    if _is_unknown(first, asked) and (
        first.tried.seconds <= _SHORT * seconds or not _is_enough(first, asked, timing)
    ):
        timing = _timing(first, _longer(first, runs), workers)
    elapsed = time.monotonic() - launched.began
    # The first run counts among those of the study, if it is one of them.
    beside = elapsed - first.tried.seconds + report_time(launched.slowness)
    plan = plan_of(settings, asked, timing, beside)
    runs.watch.planned_program(plan, timing, first.program)
    limit = TimeLimit(
        seconds,
        training=seconds - beside,
        workers=workers,
        chosen=_changing(asked),
        measure=plan.measure,
        start=timing.start,
    )
    requested = replace(with_plan(asked, plan), time=limit)
    if not first.is_one_of(settle(None, requested)):
        limit = replace(limit, training=limit.training - first.tried.seconds)
        requested = replace(requested, time=limit)
    return first, requested


def _is_unknown(first: FirstRun, asked: Requested) -> bool:
    """Tell whether an epoch may take much less than its share of the first run."""
    return chooses_epochs(asked) and _printed_epoch(first) is None


def _least(first: FirstRun, asked: Requested, workers: int) -> Timing:
    """The least that longer runs may take: as long as the first where that tells of no epoch."""
    if _is_unknown(first, asked):
        return Timing(0.0, 0.0, first.tried.seconds, workers)
    return _timing(first, None, workers)


def _is_enough(first: FirstRun, asked: Requested, timing: Timing) -> bool:
    """Tell whether some plan would have a place in the time."""
    try:
        plan_of(first.settings, asked, timing, 0.0)
    except InputError:
        return False
    return True


def _changing(asked: Requested) -> tuple[str, ...]:
    """The settings that the plan may change while the study is at work."""
    assert asked.program is not None
    fixed = {*asked.named()}
    if is_of_runs_alone(asked):
        fixed |= {"verify", "verify_epochs"}
    if asked.program.several:
        fixed.add("measure")  # such a design cannot grow
    return tuple(name for name in CHANGING if name not in fixed)


def _longer(first: FirstRun, runs: FirstRuns) -> float:
    """Seconds of the first run with more epochs; raises `TrainingError` where it fails."""
    runs.watch.timing()
    settings = replace(first.settings, epochs=_LONGER)
    return runs.run("longer", settings, first.params, first.planned.seed).seconds


def _timing(first: FirstRun, longer: float | None, workers: int) -> Timing:
    """The time of an epoch, and of a run beside its epochs: 0 where that was not timed."""
    runs = [one.seconds for one in (first.tried, first.other) if one is not None]
    mean, epochs = fmean(runs), first.settings.epochs
    epoch = _printed_epoch(first)
    if epoch is None and longer is not None:
        epoch = (longer - min(runs)) / (_LONGER - epochs)
    if epoch is None or not 0 < epoch * epochs < mean:
        return Timing(mean / epochs, mean / epochs, 0.0, workers)
    return Timing(epoch, epoch, mean - epochs * epoch, workers)


def _printed_epoch(first: FirstRun) -> float | None:
    """Seconds of an epoch after the first, by when the run printed its end.

    None where it does not print each, or several at a time, as programs do that keep their output
    back.
    """
    ends, epochs = first.tried.epoch_ends, first.settings.epochs
    if len(ends) != epochs or epochs == 1:
        return None
    epoch = (ends[-1] - ends[0]) / (epochs - 1)
    return epoch if epoch > _TOGETHER * first.tried.seconds else None
