"""Names of folders for studies, whose own names may be longer than a folder's."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

_LONGEST = 200
"""Bytes, of the 255 that most file systems allow: something may be added."""


def _is_usable(character: str) -> bool:
    return character not in "/\\" and character.isprintable()


def folder_name(name: str, keeps: Callable[[str], bool] = _is_usable, instead: str = "-") -> str:
    """Name the folder of a study, with `instead` for each character that `keeps` refuses.

    A study's name may have slashes, as names of data sets do; a folder in another's would be in
    the way of what is written there. Another program's may be empty or as long as it likes.
    """
    folder = "".join(c if keeps(c) else instead for c in name)
    if not folder.strip(" ."):
        folder = f"study-{len(folder)}" if folder else "study"
    return _shortened(folder, name)


def _shortened(folder: str, name: str) -> str:
    """Shorten a name that is too long for a folder.

    What tells it from others of the same beginning is a digest of the study's name.
    """
    if len(folder.encode()) <= _LONGEST:
        return folder
    start = folder.encode()[: _LONGEST // 2].decode(errors="ignore")
    return f"{start}-{sha256(name.encode()).hexdigest()[:8]}"
