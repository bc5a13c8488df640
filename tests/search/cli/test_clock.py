"""The times at which a command began, and after which it begins no run."""

import subprocess
import sys
import time

import pytest

from search.cli import clock
from search.cli.options.workers import deadline


def test_a_command_begins_with_its_process() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import time; time.sleep(0.5); from search.cli import clock; "
         "clock.start(); print(time.monotonic() - clock.began())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert 0.5 < float(said.stdout) < 60


def test_a_command_within_another_program_begins_when_it_is_called() -> None:
    assert clock.began() <= time.monotonic() < clock.began() + 1


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("90", 90), ("2.5", 2.5), ("30m", 1800)])
def test_a_timeout_is_a_time_or_seconds(text: str, seconds: float) -> None:
    before = time.monotonic()
    until = deadline(text)
    assert until is not None
    assert before + seconds <= until <= time.monotonic() + seconds
