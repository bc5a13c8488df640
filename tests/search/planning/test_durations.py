"""The time of a run, as those that are complete tell it."""

import pytest

from search.planning.durations import run_time
from search.results import Results, Run


def study(*seconds: float) -> Results:
    """Runs of four epochs of half a second, which took so long from begin to end."""
    return Results(
        "s", ("a",),
        tuple(
            Run(at, "measure", "complete", {"a": False}, frozenset(), 0.5, epochs=4,
                seconds_per_epoch=0.5, seconds=took)
            for at, took in enumerate(seconds)
        ),
    )  # fmt: skip


def test_the_start_of_a_run_is_what_its_epochs_leave() -> None:
    found = run_time(study(3.0, 3.0, 3.0))
    assert found is not None
    assert (found.start, found.epoch) == pytest.approx((1, 0.5))
    assert found.of(8) == pytest.approx(5)
    assert run_time(study()) is None


@pytest.mark.parametrize("slept", [36_000.0, -36_000.0])
def test_a_machine_that_slept_or_a_clock_that_was_set_tells_no_time(slept: float) -> None:
    found = run_time(study(3.0, 3.0, 3.0, slept))
    assert found is not None
    assert found.of(8) == pytest.approx(5)
