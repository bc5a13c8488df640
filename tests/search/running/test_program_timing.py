"""Times of a program's runs, from those that are tried first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from model_space.outcome import Outcome
from search.commands.program import Metric, Program
from search.planning.phases import Planned
from search.planning.requested import Requested
from search.running.first_run import FirstRun, Tried
from search.running.program_timing import _is_enough, _least, _timing
from search.settings import Settings, TimeLimit
from tests.support.programs import switches

NOW = datetime(2026, 1, 1)
OUTCOME = Outcome(0.5, None, None, 1.0, None, False)


def tried(seconds: float, *ends: float) -> Tried:
    return Tried({}, OUTCOME, Path(), NOW, NOW + timedelta(seconds=seconds), ends)


PROGRAM = Program(
    "train {epochs}", "/", switches("abc"), Metric("acc", "acc"), unit="points", scale=1.0
)


def first(*ends: float) -> FirstRun:
    """A run of 2 epochs in 10 seconds, and when it printed them."""
    settings = Settings(epochs=2, program=PROGRAM, techniques=("a", "b", "c"))
    return FirstRun("s", settings, Planned("measure", 1, {}), {}, tried(10.0, *ends), PROGRAM,
                    tried(10.0))  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "longer", "epoch", "start"),
    [
        ((9.0, 9.5), None, 0.5, 9.0),  # as it prints them
        ((9.98, 10.0), 12.0, 0.5, 9.0),  # all at once, so that a longer run tells
        ((10.0,), 12.0, 0.5, 9.0),
        ((10.0,), None, 5.0, 0.0),  # nothing tells
        ((10.0,), 8.0, 5.0, 0.0),  # nor does a longer run that took less
        ((1.0, 9.0), None, 5.0, 0.0),  # nor a second epoch that took more than the first
    ],
)
def test_an_epoch_is_told_from_the_start_of_a_run(
    ends: tuple[float, ...], longer: float | None, epoch: float, start: float
) -> None:
    timing = _timing(first(*ends), longer, 2)
    assert timing.all_on == timing.all_off == pytest.approx(epoch)
    assert timing.start == pytest.approx(start)


def test_a_time_is_not_too_short_before_it_is_known_what_an_epoch_takes() -> None:
    """A run of 2 epochs that takes 10 s may be one of 10 s beside its epochs."""
    asked = Requested(program=PROGRAM, time=TimeLimit(300, 300), verify_epochs=30)
    assert not _is_enough(first(10.0), asked, _timing(first(10.0), None, 1))
    least = _least(first(10.0), asked, 1)
    assert (least.all_on, least.start) == (0.0, 10.0)
    assert _is_enough(first(10.0), asked, least)
    printed = _least(first(5.0, 7.5), asked, 1)
    assert printed == _timing(first(5.0, 7.5), None, 1)
    chosen = replace(asked, epochs=2)
    assert _least(first(10.0), chosen, 1) == _timing(first(10.0), None, 1)
