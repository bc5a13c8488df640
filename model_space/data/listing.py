"""Listing of the files in folders: what is data, by its suffix, and what is hidden."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from os import scandir
from pathlib import Path

import numpy as np

from model_space.data.source import Part

IMAGES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".tga",
    ".pbm", ".pgm", ".ppm", ".pnm", ".jp2", ".avif",
)  # fmt: skip
SOUNDS = (
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au",
    ".snd", ".caf",
)  # fmt: skip

HIDDEN = (
    "__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information",
    "lost+found",
)  # fmt: skip
"""Names, in lower case, that systems give to what is theirs and not the user's."""


def is_hidden(name: str) -> bool:
    """Tell what the user does not see of a folder: copies, thumbnails, a system's own."""
    return name.startswith(".") or name.lower() in HIDDEN


def walk(folder: Path, skipped: list[Path] | None = None) -> Iterator[Path]:
    """Yield the files of a folder and of those within it, links followed, in no order.

    What is hidden is left out, and put into `skipped`. A link to a folder that it lies in is not
    followed. Raises `OSError`.
    """
    start = folder.resolve()
    folders = [(folder, {start, *start.parents})]
    while folders:
        here, above = folders.pop()
        with scandir(here) as items:
            for item in items:
                path = here / item.name
                if is_hidden(item.name):
                    if skipped is not None:
                        skipped.append(path)
                elif not (path.is_dir() if item.is_symlink() else item.is_dir()):
                    yield path
                elif (real := path.resolve()) not in above:
                    folders.append((path, {*above, real}))


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder and of those within it, in order, without hidden ones."""
    return sorted(walk(folder))


def listed(folder: Path, classes: Sequence[str], suffixes: Sequence[str]) -> Part:
    """Return the files in one subfolder for each class, and the numbers of their classes."""
    files: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        inside = files_in(folder / name) if (folder / name).is_dir() else []
        of_class = [str(file) for file in inside if file.suffix.lower() in suffixes]
        files += of_class
        labels += [label] * len(of_class)
    return np.array(files, dtype=object), np.array(labels, dtype=np.int64)


def located(folder: str, name: str) -> str:
    """Return the path of a file that is named from a folder, as any system may write the name.

    Its separators may be backslashes, and its accents letters of their own or not.
    """

    def at(one: str) -> str:
        return os.path.normpath(os.path.join(folder, one))

    slashed = name.replace("\\", "/")
    if slashed == name and name.isascii():
        return at(name)
    coded = (unicodedata.normalize(form, slashed) for form in ("NFC", "NFD"))
    return next(filter(os.path.exists, map(at, (name, slashed, *coded))), at(slashed))


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder, in order, without hidden ones."""
    return sorted(item for item in folder.iterdir() if item.is_dir() and not is_hidden(item.name))
