"""Folders that an option names: whether they can be written, before hours are spent."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from search.errors import InputError


def check_folder(option: str, folder: Path) -> None:
    """Raise `InputError` where a folder can be neither made nor written to; leaves no trace."""
    if error := why_unwritable(folder):
        raise InputError(unwritable(option, folder, error)) from error


def why_unwritable(folder: Path) -> Exception | None:
    """The error with which a folder can be neither made nor written to; leaves no trace."""
    try:
        folder.exists()  # raises where a name is too long
        there = next((part for part in (folder, *folder.parents) if os.path.lexists(part)), Path())
        with tempfile.TemporaryFile(dir=there):
            return None
    except (OSError, RuntimeError) as error:  # the latter of a link to itself
        return error


def unwritable(option: str, folder: Path, error: Exception) -> str:
    """Say why a folder that an option names cannot be written, and what to do."""
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    remedy = f"free space there, or give another {option}" if full else "it takes a folder"
    if isinstance(error, PermissionError) or getattr(error, "errno", None) == errno.EROFS:
        remedy = f"make it writable, or give another {option}"
    reason = getattr(error, "strerror", None) or error
    return f"{option} {folder} cannot be written ({reason}); {remedy}"
