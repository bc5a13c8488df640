"""The size of the images in a plan for a time."""

import pytest

from search.errors import InputError
from search.planning.image_sizes import smaller, with_images
from search.planning.requested import Requested
from search.planning.time_plan import TimePlan, Timing, plan_for

PHOTOS = (240, 320, 3)
"""Pixels of 75 images of 32×32."""


def made(seconds: float, timing: Timing, asked: Requested | None = None) -> tuple[int | None, int]:
    def plan(timed: Timing) -> TimePlan:
        return plan_for(seconds, timed, 8, asked or Requested())

    found = with_images(plan, timing, PHOTOS, smaller(PHOTOS))
    assert found.plan.seconds <= seconds
    return found.image_size, found.plan.verify_epochs or found.plan.epochs


def test_images_shrink_as_far_as_the_epochs_need_it() -> None:
    assert smaller(PHOTOS) == (128, 96, 64, 48, 32)
    assert smaller((64, 40, 1)) == (32,)
    assert smaller((32, 32, 3)) == ()
    slow = Timing(60.0, 90.0, 6.0, 2)
    sizes = [made(hours * 3600, slow) for hours in (0.15, 1, 2, 4, 30)]
    assert [size for size, _ in sizes] == sorted((s for s, _ in sizes), key=lambda s: s or 999)
    assert sizes[0][0] == 32
    assert sizes[-1][0] is None
    assert all(epochs >= 30 for size, epochs in sizes if size != 32)


def test_images_stay_where_short_runs_were_asked_for() -> None:
    assert made(3 * 3600, Timing(60.0, 90.0, 6.0, 2), Requested(epochs=3, verify=0)) == (None, 3)


def test_the_smallest_images_say_what_it_would_take() -> None:
    with pytest.raises(InputError, match=r"takes about 5m on this machine"):
        made(100, Timing(600.0, 900.0, 6.0, 2))
