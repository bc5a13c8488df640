"""Times of a program's runs, from those that are tried first."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from model_space.outcome import Outcome
from search.commands.program import Metric, Program
from search.planning.phases import Planned
from search.running.first_run import FirstRun, Tried
from search.running.program_timing import _timing
from search.settings import Settings

NOW = datetime(2026, 1, 1)
OUTCOME = Outcome(0.5, None, None, 1.0, None, False)


def tried(seconds: float, *ends: float) -> Tried:
    return Tried({}, OUTCOME, Path(), NOW, NOW + timedelta(seconds=seconds), ends)


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
    settings = Settings(epochs=2)
    program = Program("train {epochs}", "/", (), Metric("acc", "acc"))
    first = FirstRun("s", settings, Planned("measure", 1, {}), {}, tried(10.0, *ends), program,
                     tried(10.0))  # fmt: skip
    timing = _timing(first, longer, 2)
    assert timing.dearest == timing.cheapest == pytest.approx(epoch)
    assert timing.start == pytest.approx(start)
