"""`ladder`: the article's steps, techniques added one after another, over several seeds."""

from __future__ import annotations

from search.planning.phases.plan import Planned, run_seed
from search.planning.space import Space
from search.results import Results
from search.settings import Settings

STEPS: tuple[tuple[str, ...], ...] = (
    (),
    ("augmentation",),
    ("batch_norm",),
    ("residual", "late_widening"),
    ("global_pooling",),
    ("dropout",),
    ("mixup",),
    ("amsgrad",),
)
"""What each of the article's steps adds; its residual network also widens later."""


def steps_of(settings: Settings, space: Space) -> list[tuple[str, ...]]:
    """The steps of a study: the article's that vary here, or a program's factors one by one."""
    if settings.program is not None:
        return [(), *((name,) for name in space.factors)]
    return [added for added in STEPS if not added or set(added) & set(space.factors)]


def plan(settings: Settings, space: Space, results: Results) -> list[Planned]:
    """Plan every step with every seed; a step none of whose techniques vary here is left out."""
    steps = steps_of(settings, space)
    return [
        Planned(
            "ladder",
            run_seed(settings.seed, "ladder", repeat, step),
            space.params([name for added in steps[: step + 1] for name in added]),
        )
        for repeat in range(settings.ladder)
        for step in range(len(steps))
    ]
