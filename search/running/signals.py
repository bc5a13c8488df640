"""Ctrl-C, and what a scheduler or a closed terminal sends instead: none of them is lost.

Python raises `KeyboardInterrupt` wherever the main thread happens to be, and some libraries
swallow whatever is raised there.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

_received = threading.Event()


def listen() -> None:
    """Raise `KeyboardInterrupt` on the signals, unless the process has other plans for them."""
    _received.clear()
    sys.unraisablehook = _tell
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (
            signal.SIG_DFL,
            signal.default_int_handler,
        ):
            signal.signal(number, _interrupt)


def check() -> None:
    """Raise `KeyboardInterrupt` where a signal came since `listen`: its exception was lost."""
    if _received.is_set():
        raise KeyboardInterrupt


def _tell(what: sys.UnraisableHookArgs) -> None:
    """Say nothing of an interruption in a finalizer, where Python cannot raise it: `check` does."""
    if what.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(what)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _received.set()
    raise KeyboardInterrupt
