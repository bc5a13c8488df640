"""Folders of images or sounds: a subfolder for each class, within train/, val/ and test/ if any."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from model_space.data import images, sound
from model_space.data.source import DataError, Part, Source

_PARTS = {"train": ("train", "training"), "validation": ("val", "validation"), "test": ("test",)}


def read_folder(path: Path, image_size: int | None) -> Source:
    """List the files of each part; they are decoded once those to be used are chosen.

    The decoders are `images.image_decoder` and `sound.sound_decoder`. Raises `DataError`.
    """
    parts = part_folders(path)
    if parts and "train" not in parts:
        raise DataError(
            f"{path} has {', '.join(parts)} but no train folder; add one, or give a folder with a "
            "subfolder per class"
        )
    train = parts.get("train", path)
    classes = tuple(sorted(folder.name for folder in _subfolders(train)))
    if not classes:
        raise DataError(
            f"{train} has no subfolders; --data needs a folder with one subfolder of images or "
            "sounds per class"
        )
    listed = {part: _list(folder, classes) for part, folder in (parts or {"train": path}).items()}
    files = [file for entries, _ in listed.values() for file in entries]
    sounds = [file for file in files if _ends(file, sound.SUFFIXES)]
    pictures = [file for file in files if _ends(file, images.SUFFIXES)]
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
    first, how = listed["train"][0], None
    if sounds:
        decode, how = sound.sound_decoder(first)
    else:
        decode = images.image_decoder(first[0], image_size)
    return Source(
        classes, listed["train"], listed.get("validation"), listed.get("test"), decode, how
    )


def holds_sounds(path: Path) -> bool:
    """Return True where the first image or sound in a folder is a sound; False for no folder."""
    of_data = (
        file for file in path.rglob("*") if _ends(str(file), images.SUFFIXES + sound.SUFFIXES)
    )
    return any(_ends(str(file), sound.SUFFIXES) for file in itertools.islice(of_data, 1))


def part_folders(path: Path) -> dict[str, Path]:
    """Return those folders of `train`, `validation` and `test` that a folder has."""
    there = (
        (part, path / name) for part, names in _PARTS.items() for name in reversed(names)
        if (path / name).is_dir()
    )  # fmt: skip
    return dict(there)


def _subfolders(path: Path) -> list[Path]:
    return [item for item in path.iterdir() if item.is_dir() and not item.name.startswith(".")]


def _list(folder: Path, classes: tuple[str, ...]) -> Part:
    if unknown := sorted({item.name for item in _subfolders(folder)} - set(classes)):
        raise DataError(
            f"{folder} has classes that the training folder lacks: {unknown}; remove them, or add "
            "them there"
        )
    suffixes = images.SUFFIXES + sound.SUFFIXES
    files: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        inside = sorted((folder / name).rglob("*")) if (folder / name).is_dir() else []
        files_of_class = [str(file) for file in inside if _ends(str(file), suffixes)]
        if not files_of_class:
            raise DataError(
                f"{folder / name} has no images or sounds; add some, which end in "
                f"{', '.join(suffixes)}, or remove the folder"
            )
        files += files_of_class
        labels += [label] * len(files_of_class)
    return np.array(files, dtype=object), np.array(labels)


def _ends(file: str, suffixes: tuple[str, ...]) -> bool:
    return Path(file).suffix.lower() in suffixes
