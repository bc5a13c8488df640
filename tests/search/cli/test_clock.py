"""The time at which a command began."""

import subprocess
import sys
import time

from search.cli import clock


def test_a_command_begins_with_its_process() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import time; time.sleep(0.5); from search.cli import clock; "
         "clock.start(); print(time.monotonic() - clock.began())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert 0.5 < float(said.stdout) < 60


def test_a_command_within_another_program_begins_when_it_is_called() -> None:
    assert clock.began() <= time.monotonic() < clock.began() + 1
