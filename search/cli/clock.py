"""The time at which a command began, before its imports."""

from __future__ import annotations

import os
import time
from pathlib import Path

_began: float | None = None


def start() -> None:
    """Take the beginning of this process for that of its command."""
    global _began
    _began = time.monotonic() - _age()


def began() -> float:
    """Return the `time.monotonic()` at which the command began; now in a process of others."""
    return time.monotonic() if _began is None else _began


def _age() -> float:
    """Seconds since this process began."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, AttributeError, ValueError):  # not on Linux
        return time.process_time()  # at least so many
