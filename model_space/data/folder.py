"""Folders of images or sounds: a subfolder for each class, within train/, val/ and test/ if any."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from model_space.data import earlier, file_set, images, sound
from model_space.data.file_set import FileSet
from model_space.data.layout import SUFFIXES, Layout, find_layout
from model_space.data.listing import SOUNDS, listed, subfolders, walk
from model_space.data.reading import Reading
from model_space.data.source import PARTS, DataError, Decoder, Progress, Source

_MOST_SUFFIXES = 20
"""Suffixes, at most, by which files that are left out are counted: some programs number by them."""


def folder_files(path: Path) -> FileSet:
    """List the files of each part of a folder. Raises `DataError` and `OSError`."""
    layout = find_layout(path)
    parts = {part: listed(at, layout.classes, SUFFIXES) for part, at in layout.parts.items()}
    account = _account(path, layout, sum(len(labels) for _, labels in parts.values()))
    return FileSet(str(path), tuple(map(in_unicode, layout.classes)), parts, account)


def holds_sounds(path: Path) -> bool:
    """Return True where a folder's classes are of sounds; False where there are none."""
    try:
        layout = find_layout(path)
        inside = walk(layout.parts["train"] / layout.classes[0])
        return next(file.suffix.lower() in SOUNDS for file in inside if _is_data(file))
    except (DataError, OSError):
        return False


def read_as_before(path: Path, image_size: int | None, progress: Progress) -> Source:
    """List the files by the first rules, of `model_space.data.earlier`.

    Raises `DataError` and `OSError`.
    """
    folders = earlier.part_folders(path) or {"train": path}
    classes = earlier.class_names(folders["train"])
    parts = {part: earlier.listed(folder, classes) for part, folder in folders.items()}
    files = {part: names for part, (names, _) in parts.items()}
    how = None
    decode: Decoder
    if file_set.are_sounds(str(path), files, image_size):
        decode, how, _ = sound.sound_decoder(files, earlier.mel_image, progress)
    else:
        with images.opened(files["train"][0]) as first:
            mode, size = earlier.mode_and_size(first)
        size = (image_size, image_size) if image_size else size
        decode = images.decoder(earlier.pixels, mode, size)
    train, validation, test = (parts.get(part) for part in PARTS)
    assert train is not None
    return Source(classes, train, validation, test, decode, how)


def _account(path: Path, layout: Layout, taken: int) -> Reading:
    """Return the account of what was left out of a folder."""
    skipped: list[Path] = []
    suffixes = Counter(file.suffix.lower() for file in walk(path, skipped))
    data = sum(count for suffix, count in suffixes.items() if suffix in SUFFIXES)
    train = layout.parts["train"]
    return Reading(
        splits={
            part: in_unicode(str(at.relative_to(path)))
            for part, at in layout.parts.items()
            if at != path
        },
        left_out=_most(
            {in_unicode(name): count for name, count in suffixes.items() if name not in SUFFIXES}
        ),
        hidden=sum(map(_data_within, skipped)),
        outside=max(0, data - taken),
        unlabelled=tuple(map(in_unicode, layout.unlabelled)),
        empty_classes=tuple(map(in_unicode, layout.empty)),
        like_splits=tuple(map(in_unicode, layout.like_splits)),
        nested={
            in_unicode(name): len(inside)
            for name in layout.classes
            if len(inside := subfolders(train / name)) > 1
            and not any(item.is_file() for item in (train / name).iterdir())
        },
    )


def _most(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the largest counts, and the sum of the rest as that of `other`."""
    largest = dict(Counter(counts).most_common(_MOST_SUFFIXES - 1))
    rest = sum(counts.values()) - sum(largest.values())
    return {**largest, "other": rest} if rest else largest


def in_unicode(name: str) -> str:
    """Return a file's name with the codes of those bytes that are no UTF-8, as \\xe9."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _is_data(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES


def _data_within(hidden: Path) -> int:
    """Count the images and sounds of a hidden file or folder."""
    files = [hidden] if hidden.is_file() else hidden.rglob("*")
    return sum(map(_is_data, files))
