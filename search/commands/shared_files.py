"""Files that a run writes where all runs work, and several at a time would overwrite."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

_DEEPEST = 3
"""Folders below the program's that are looked into."""
_MOST = 20_000
"""Files that are looked at."""
_MOST_NAMED = 3
_PASSED_OVER = {"__pycache__", "node_modules", "reports", "runs"}


def snapshot(directory: Path) -> dict[Path, tuple[int, int]]:
    """Note the size and the time of change of the files in a program's folder."""
    found: dict[Path, tuple[int, int]] = {}
    for entry in _files(directory, _DEEPEST):
        if len(found) >= _MOST:
            break
        try:
            status = entry.stat()
        except OSError:
            continue
        found[Path(entry.path)] = (status.st_size, status.st_mtime_ns)
    return found


def written(directory: Path, before: dict[Path, tuple[int, int]]) -> list[str]:
    """Name the files that are new, or others, since a snapshot; not what kouka itself prints to."""
    now = snapshot(directory)
    new = (path for path in now if before.get(path) != now[path])
    return [str(path.relative_to(directory)) for path in new if not _is_printed_to(path)]


def _is_printed_to(path: Path) -> bool:
    """Tell a file that is this process's stdout or stderr, as of `kouka launch > log.txt`."""
    for number in (1, 2):
        with suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(number)):
                return True
    return False


def shared(files: Sequence[str], directory: Path) -> str:
    """Say that runs write files where all runs work, and what to do."""
    names = ", ".join(files[:_MOST_NAMED]) + (", …" if len(files) > _MOST_NAMED else "")
    return (
        f"the run wrote {names} in {directory}, where all runs work: with more than one worker "
        "they may overwrite each other's files. {folder} in the command is a folder of the run's "
        "own."
    )


def _files(directory: Path | str, deep: int) -> Iterator[os.DirEntry[str]]:
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _PASSED_OVER:
            continue
        if entry.is_file(follow_symlinks=False):
            yield entry
        elif deep and entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, deep - 1)
