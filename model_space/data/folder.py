"""Folders of images or sounds: a subfolder for each class, within train/, val/ and test/ if any."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from model_space.data import earlier, images, sound
from model_space.data.layout import SUFFIXES, Layout, find_layout
from model_space.data.listing import IMAGES, SOUNDS, listed, subfolders, walk
from model_space.data.mel import Spectrogram
from model_space.data.reading import AS_IT_IS, Reading
from model_space.data.source import DataError, Decoder, Part, Progress, Source

_MOST_SUFFIXES = 20
"""Suffixes, at most, by which files that are left out are counted: some programs number by them."""


def read_folder(
    path: Path, image_size: int | None, reader: int, progress: Progress = lambda done, of: None
) -> Source:
    """List the files of each part; they are decoded once those to be used are chosen.

    `reader` is the version of the rules. Raises `DataError` and `OSError`.
    """
    if reader == 1:
        return _read_as_before(path, image_size, progress)
    layout = find_layout(path)
    parts = {part: listed(at, layout.classes, SUFFIXES) for part, at in layout.parts.items()}
    sounds = _holds_sounds(path, parts, image_size)
    files = {part: names for part, (names, _) in parts.items()}
    decode: Decoder
    how = None
    if sounds:
        decode, how, changed = sound.sound_decoder(files, sound.mel_image, progress)
    else:
        decode, changed = images.image_decoder(files, image_size, progress)
    reading = _account(path, layout, changed, sum(map(len, files.values())))
    return _source(tuple(map(in_unicode, layout.classes)), parts, decode, how, reading)


def holds_sounds(path: Path) -> bool:
    """Return True where a folder's classes are of sounds; False where there are none."""
    try:
        layout = find_layout(path)
        inside = walk(layout.parts["train"] / layout.classes[0])
        return next(file.suffix.lower() in SOUNDS for file in inside if _is_data(file))
    except (DataError, OSError):
        return False


def _read_as_before(path: Path, image_size: int | None, progress: Progress) -> Source:
    """List the files by the first rules, of `model_space.data.earlier`."""
    folders = earlier.part_folders(path) or {"train": path}
    classes = earlier.class_names(folders["train"])
    parts = {part: earlier.listed(folder, classes) for part, folder in folders.items()}
    files = {part: names for part, (names, _) in parts.items()}
    if _holds_sounds(path, parts, image_size):
        decode, how, _ = sound.sound_decoder(files, earlier.mel_image, progress)
        return _source(classes, parts, decode, how, AS_IT_IS)
    with images.opened(files["train"][0]) as first:
        mode, size = earlier.mode_and_size(first)
    size = (image_size, image_size) if image_size else size
    return _source(classes, parts, images.decoder(earlier.pixels, mode, size), None, AS_IT_IS)


def _source(
    classes: tuple[str, ...],
    parts: Mapping[str, Part],
    decode: Decoder,
    how: Spectrogram | None,
    reading: Reading,
) -> Source:
    train, validation, test = (parts.get(part) for part in ("train", "validation", "test"))
    assert train is not None
    return Source(classes, train, validation, test, decode, how, reading)


def _holds_sounds(path: Path, parts: Mapping[str, Part], image_size: int | None) -> bool:
    """Tell sounds from images. Raises `DataError` where there are both, or neither."""
    files = [str(file) for entries, _ in parts.values() for file in entries]
    sounds = [file for file in files if Path(file).suffix.lower() in SOUNDS]
    pictures = [file for file in files if Path(file).suffix.lower() in IMAGES]
    if sounds and pictures:
        raise DataError(
            f"{path} holds both images and sounds, such as {pictures[0]} and {sounds[0]}; --data "
            "takes one kind, so move the other elsewhere"
        )
    if sounds and image_size is not None:
        raise DataError(
            f"--image-size {image_size} is for images, and {path} holds sounds; leave it out: the "
            "length of the sounds and the mel bands decide the size"
        )
    return bool(sounds)


def _account(path: Path, layout: Layout, changed: Reading, taken: int) -> Reading:
    """Complete the account of the reading with what was left out of a folder."""
    skipped: list[Path] = []
    suffixes = Counter(file.suffix.lower() for file in walk(path, skipped))
    data = sum(count for suffix, count in suffixes.items() if suffix in SUFFIXES)
    train = layout.parts["train"]
    return replace(
        changed,
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
