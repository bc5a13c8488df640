"""A folder of images, one subfolder per class, with or without train/, val/ and test/ above."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from model_space.data.cache import kept
from model_space.data.source import DataError, Part, Reading, Source

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")

_AT_ONCE = 1000
"""Images that are decoded between two looks at the clock."""

_PARTS = {"train": ("train", "training"), "validation": ("val", "validation"), "test": ("test",)}


def read_folder(path: Path, image_size: int | None) -> Source:
    """List the images of each part; they are decoded once those to be used are chosen.

    Images become RGB, or grey if the first image is grey, and of the first image's size, or
    `image_size` pixels square.
    """
    parts = {part: folder for part in _PARTS if (folder := _part_folder(path, part))}
    if parts and "train" not in parts:
        raise DataError(f"{path} has {', '.join(parts)} but no train folder beside it")
    train = parts.get("train", path)
    classes = tuple(sorted(folder.name for folder in _subfolders(train)))
    if not classes:
        raise DataError(
            f"{train} has no subfolders; --data needs a folder with one subfolder of images "
            "per class"
        )
    listed = {part: _list(folder, classes) for part, folder in (parts or {"train": path}).items()}
    first = listed["train"][0][0]
    with _open(first) as image:
        mode = "L" if image.mode in ("1", "L", "LA", "I;16", "I") else "RGB"
        size = (image_size, image_size) if image_size else image.size

    def decode(files: np.ndarray, reading: Reading) -> np.ndarray:
        shape = (len(files), size[1], size[0], 1 if mode == "L" else 3)
        return kept(_key(files, mode, size), shape, partial(_fill, files, mode, size, reading))

    return Source(classes, listed["train"], listed.get("validation"), listed.get("test"), decode)


def _key(files: np.ndarray, mode: str, size: tuple[int, int]) -> str:
    """Tells these files, as they are now and decoded so, from all others."""
    digest = hashlib.sha256(repr((mode, size)).encode())
    for file in files:
        facts = os.stat(file)
        digest.update(repr((os.path.abspath(file), facts.st_size, facts.st_mtime_ns)).encode())
    return digest.hexdigest()[:32]


def _fill(
    files: np.ndarray, mode: str, size: tuple[int, int], reading: Reading, images: np.ndarray
) -> None:
    """Decode the files into the images, on all cores, and tell every second how far that is."""

    def decode(index: int) -> None:
        images[index] = _decode(files[index], mode, size).reshape(images.shape[1:])

    told = time.monotonic()
    with ThreadPoolExecutor() as threads:
        for first in range(0, len(files), _AT_ONCE):
            # Not all at once, so that an error ends it soon.
            list(threads.map(decode, range(first, min(first + _AT_ONCE, len(files)))))
            if time.monotonic() - told > 1:
                reading(min(first + _AT_ONCE, len(files)), len(files))
                told = time.monotonic()


def _part_folder(path: Path, part: str) -> Path | None:
    return next((path / name for name in _PARTS[part] if (path / name).is_dir()), None)


def _subfolders(path: Path) -> list[Path]:
    return [item for item in path.iterdir() if item.is_dir() and not item.name.startswith(".")]


def _list(folder: Path, classes: tuple[str, ...]) -> Part:
    if unknown := sorted({item.name for item in _subfolders(folder)} - set(classes)):
        raise DataError(f"{folder} has classes that the training images lack: {unknown}")
    files: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        inside = sorted((folder / name).rglob("*")) if (folder / name).is_dir() else []
        found = [str(file) for file in inside if file.suffix.lower() in SUFFIXES]
        if not found:
            raise DataError(f"{folder / name} has no images; they end in {', '.join(SUFFIXES)}")
        files += found
        labels += [label] * len(found)
    return np.array(files, dtype=object), np.array(labels)


def _open(file: str) -> Image.Image:
    try:
        return Image.open(file)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise _corrupt(file) from error


def _decode(file: str, mode: str, size: tuple[int, int]) -> np.ndarray:
    try:
        with _open(file) as image:
            if image.mode.startswith("I"):  # 16 bits; Pillow's own conversion would clip them
                image = Image.fromarray((np.asarray(image) // 256).astype(np.uint8))
            image = image.convert(mode)
            if image.size != size:
                image = image.resize(size, Image.Resampling.BILINEAR)
            return np.asarray(image)
    except (OSError, ValueError, SyntaxError) as error:
        if isinstance(error, DataError):
            raise
        raise _corrupt(file) from error


def _corrupt(file: str) -> DataError:
    return DataError(f"{file} cannot be read as an image; repair or remove it")
