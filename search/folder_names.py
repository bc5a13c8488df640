"""Names of folders for studies, whose own names may be longer than a folder's."""

from __future__ import annotations

from hashlib import sha256

_LONGEST = 200
"""Bytes, of the 255 that most file systems allow: something may be added."""


def shortened(folder: str, name: str) -> str:
    """Shorten the name of the folder of the study `name`, where it is too long for one.

    What tells it from others of the same beginning is a digest of the study's name.
    """
    if len(folder.encode()) <= _LONGEST:
        return folder
    start = folder.encode()[: _LONGEST // 2].decode(errors="ignore")
    return f"{start}-{sha256(name.encode()).hexdigest()[:8]}"
