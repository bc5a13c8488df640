"""Planning of a study for a time: a few epochs are timed, and the plan made by them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from statistics import fmean

from model_space.facts import DataFacts
from model_space.worker.client import TrainingError
from search.errors import InputError
from search.planning.image_sizes import smaller, with_images
from search.planning.phases import ladder
from search.planning.phases.confirm import expected
from search.planning.requested import Requested
from search.planning.space import Space
from search.planning.time_plan import (
    FASTER,
    TimePlan,
    Timing,
    exactly,
    plan_for,
    with_plan,
    written,
)
from search.running.following import StudyWatch
from search.running.local_workers import LocalWorkers
from search.running.timekeeping import report_time
from search.settings import Settings, TimeLimit

CHANGING = ("measure", "search", "verify", "verify_epochs", "confirm")
"""Settings of a plan that change while its study is at work, where the plan chose them."""

_EPOCHS = 4
"""At most, of each of the two runs that are timed; in the first, the network is traced too."""
_ENOUGH = 0.05
"""Share of the time asked for after which no further epoch is timed, two of each run apart."""
_PATIENCE = 120.0
"""Seconds beyond the time asked for in which the timing still may end, so that kouka can say what
a study would take."""


@dataclass(frozen=True)
class Launched:
    """The beginning of a launch."""

    began: float
    """When its command did, as `time.monotonic()`."""
    slowness: float
    """Seconds that one of the processor took since then."""


@dataclass(frozen=True)
class PlannedInTime:
    """A study that was planned for a time."""

    requested: Requested
    """What was asked for, and what the plan has chosen beside it."""
    plan: TimePlan
    timing: Timing

    @property
    def image_size(self) -> int | None:
        """Pixels a side of its images; None where they stay as they are."""
        return self.requested.image_size


def plan_in_time(
    local: LocalWorkers,
    workers: int,
    settings: Settings,
    facts: DataFacts,
    asked: Requested,
    launched: Launched,
    watch: StudyWatch,
) -> PlannedInTime:
    """Time a few epochs, and choose the runs that fit in the time where none were asked for.

    Also smaller images, where large ones leave the runs too few epochs. `workers` are those that
    will train, perhaps elsewhere. Raises `InputError` where the time is too short for any plan.
    """
    assert asked.time is not None
    watch.timing()
    seconds = asked.time.seconds
    timing = replace(time_epochs(local, settings, seconds), workers=workers)
    beside = time.monotonic() - launched.began + report_time(launched.slowness)

    def planned(timing: Timing) -> TimePlan:
        return plan_of(settings, asked, timing.with_test(facts), beside)

    sizes = () if asked.image_size or facts.sound is not None else smaller(facts.image_shape)
    found = with_images(planned, timing, facts.image_shape, sizes)
    plan = found.plan
    given = asked.named()
    limit = TimeLimit(
        seconds,
        training=seconds - beside,
        workers=workers,
        chosen=tuple(name for name in CHANGING if name not in given),
        measure=plan.measure,
    )
    size = asked.image_size or found.image_size
    requested = replace(with_plan(asked, plan), time=limit, image_size=size)
    return PlannedInTime(requested, plan, found.timing.with_test(facts))


def plan_of(settings: Settings, asked: Requested, timing: Timing, beside: float) -> TimePlan:
    """Plan the runs of a study of these settings for the time that is asked for, as `plan_for`."""
    assert asked.time is not None
    recipes = expected(replace(settings, confirm=1), Space.of(settings))
    return plan_for(
        asked.time.seconds, timing, len(settings.factors), asked, recipes, beside,
        ladder.expected(settings),
    )  # fmt: skip


def time_epochs(workers: LocalWorkers, settings: Settings, seconds: float) -> Timing:
    """Time an epoch with all techniques off and with all on, on all workers at once.

    `seconds` is the time that the study may take. Raises `InputError` where a few epochs take
    much more than that.
    """
    space = Space.of(settings)
    recipes = [space.recipe(space.params(on)) for on in ((), space.factors)]
    budget = replace(settings.budget(), epochs=_EPOCHS + 1)  # so that none is tested
    began = time.monotonic()
    epochs = 0

    def go_on(epoch: int, objective: float) -> bool:
        nonlocal epochs
        epochs += 1
        early = time.monotonic() - began < _ENOUGH * seconds
        return epoch < 2 or (early and epoch < _EPOCHS)

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
    all_off, all_on = (fmean(run.epoch for run in column) for column in runs)
    start = fmean(run.start for column in runs for run in column)
    return Timing(all_off, all_on, start, workers.workers)
