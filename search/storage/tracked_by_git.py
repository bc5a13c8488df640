"""A database file that git tracks, in which a checkout or a stash undoes what was stored."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from search.storage.urls import sqlite_file

_WAIT = 2
"""Seconds that git has to answer."""


def caution(url: str) -> str:
    """A sentence for the user where git tracks the file of an SQLite storage; else empty."""
    file = sqlite_file(url)
    if file is None or not _is_tracked(file):
        return ""
    return (
        f"Git tracks {file}: a checkout or a stash can undo what is stored there. To keep your "
        "runs apart, use --storage sqlite:///mine.db or set KOUKA_STORAGE."
    )


def _is_tracked(file: Path) -> bool:
    """Ask git; no, where there is no git, no repository, or no answer in time."""
    git = shutil.which("git")
    if git is None or not file.is_file():
        return False
    there = file.resolve()
    command = [git, "-C", str(there.parent), "--literal-pathspecs", "ls-files", "--error-unmatch"]
    try:
        answer = subprocess.run(  # noqa: S603 - git, with a path that the shell does not read
            [*command, "--", there.name], capture_output=True, timeout=_WAIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
