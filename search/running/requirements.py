"""Requirements of a machine that trains: its system, and the packages installed there."""

from __future__ import annotations

import os
from importlib.util import find_spec

from search.errors import InputError


def check_installed(backend: str) -> None:
    """Raise `InputError` where Keras cannot run on `backend` here."""
    needed = ("keras", backend)
    missing = [package for package in needed if find_spec(package) is None]
    if missing:
        which_are, them = ("are", "them") if len(missing) > 1 else ("is", "it")
        raise InputError(
            f"kouka's networks need {' and '.join(missing)}, which {which_are} not installed here; "
            f"pip install 'kouka[{backend}]' installs {them}"
        )


def check_system() -> None:
    """Raise `InputError` where no study can run, as processes cannot be forked: on Windows."""
    if not hasattr(os, "fork"):
        raise InputError(
            "kouka runs studies on Linux and macOS; on Windows it reads them, and in WSL it runs "
            "them too"
        )
