"""Processes that a test starts, and what it waits for."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any


def until(condition: Callable[[], bool], seconds: float = 300) -> None:
    """Wait for a condition; assert that it comes in time, which a busy machine must not miss."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextlib.contextmanager
def ending(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """End a process, whatever becomes of the test.

    One that is left behind is told of when it is collected, amid the output of another test.
    """
    with process:  # closes its pipes, and waits for it
        try:
            yield process
        finally:
            process.kill()
