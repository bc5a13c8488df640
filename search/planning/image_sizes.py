"""The size of the images in a plan for a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from search.errors import InputError
from search.planning.time_plan import TimePlan, Timing

SIZES = (128, 96, 64, 48, 32)
"""Pixels a side, of images that were larger."""


@dataclass(frozen=True)
class Sized:
    """A plan, with the images that it is for."""

    plan: TimePlan
    timing: Timing
    """Of these images."""
    image_size: int | None
    """Pixels a side; None where the images stay as they are."""


def smaller(shape: Sequence[int]) -> tuple[int, ...]:
    """Give the sizes, largest first, to which images of a shape may be resized."""
    return tuple(size for size in SIZES if size < min(shape[:2]))


def with_images(
    plan: Callable[[Timing], TimePlan], timing: Timing, shape: Sequence[int], sizes: Sequence[int]
) -> Sized:
    """Make the plan with the largest images that leave the long runs enough epochs.

    With those of `sizes` or as they are, of a `shape` for which epochs were timed; an epoch takes
    as long as there are pixels. The smallest where none leaves enough. Raises the `InputError` of
    `plan` where not even these have a place.
    """
    best, problem = None, None
    for size in (None, *sizes):
        share = 1.0 if size is None else size**2 / (shape[0] * shape[1])
        scaled = replace(timing, all_off=share * timing.all_off, all_on=share * timing.all_on)
        try:
            best = Sized(plan(scaled), scaled, size)
        except InputError as error:
            problem = error
            continue
        if best.plan.enough:
            break
    if best is None:
        assert problem is not None
        raise problem
    return best
