"""Changes of a plan for a time while its study goes on, as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from search.planning.schedule import Schedule
from search.reporting.formatting import counted
from search.settings import Settings


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
