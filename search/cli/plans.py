"""Plans for a time, in lines: what was timed, which runs it has, and how they change later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from search.commands.program import EPOCHS, Program
from search.planning.schedule import Schedule
from search.planning.time_plan import TimePlan, Timing
from search.reporting.formatting import about, counted, roughly
from search.settings import Settings


def timed(timing: Timing, settings: Settings, shape: Sequence[int]) -> str:
    """Say what an epoch of kouka's own training takes, of images of this shape."""
    if settings.custom_code.network is None:
        network = f"width {settings.width:g}, depth {settings.depth}"
    else:
        network = settings.custom_code.network.at
    height, width, _ = shape
    off, on, start = map(about, (timing.all_off, timing.all_on, timing.start))
    return (
        f"Images of {height}×{width} pixels, {network}: an epoch takes {off} s with all "
        f"techniques off and {on} s with all on, and a run {start} s beside its epochs, with "
        f"{counted(timing.workers, 'worker')}."
    )


def timed_program(timing: Timing, program: Program) -> str:
    """Say what an epoch of a program takes, or where it has none, a run."""
    workers = counted(timing.workers, "worker")
    if not program.has(EPOCHS):
        return f"A run takes about {roughly(timing.all_on)}, with {workers}."
    epoch, start = about(timing.all_on), about(timing.start)
    beside = f", and a run {start} s beside its epochs" if timing.start else ""
    return f"An epoch takes {epoch} s{beside}, with {workers}."


def runs_of(plan: TimePlan, beside: str, of_epochs: bool = True) -> Iterator[str]:
    """A plan's runs, a line for each phase; `beside` is what takes the rest of the time."""
    yield f"The plan, about {roughly(plan.seconds)}:"
    for part in plan.parts:
        kind = "" if not plan.verify else "long " if part.epochs > plan.epochs else "short "
        runs = counted(part.runs, f"{kind}run")
        if part.phase == "measure" and plan.begin < plan.measure:
            runs = f"{plan.begin} to {runs}"
        of = f" of {counted(part.epochs, 'epoch')}" if of_epochs else ""
        yield f"  {part.phase:8} {runs}{of}, about {roughly(part.seconds)}"
    yield f"  {'beside':8} {beside}, about {roughly(plan.beside)}"


def plan_changes(before: Settings, after: Settings, now: Schedule) -> Iterator[str]:
    """Say what has changed in a plan, and why."""
    if before.time is None or after.time is None:
        return
    if before.measure != after.measure:
        yield (
            f"The design grows from {max(before.measure)} to {max(after.measure)} runs: which "
            "three techniques matter most is not sure yet, and there is time."
        )
    long = after.verify, after.verify_epochs
    if (before.verify, before.verify_epochs) != long:
        if after.verify:
            yield (
                f"The time left is for {counted(max(after.verify), 'run')} of "
                f"{counted(after.final_epochs, 'epoch')} to verify."
            )
        else:
            yield "No run verifies: the time left is too short for longer runs."
    if before.confirm != after.confirm:
        yield f"Each confirmed recipe is trained with {counted(after.confirm, 'seed')}."
    for phase in after.time.closed:
        if phase not in before.time.closed:
            begun = now.planned[phase]  # type: ignore[index]
            yield f"{phase} ends with {counted(begun, 'run')}, so that all is done in time."
