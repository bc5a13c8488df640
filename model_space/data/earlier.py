"""The rules by which data were read at first, for studies and models that began by them.

Beside these, hidden files and copies counted as data, splits had five names, the first image
decided whether all are grey, and the values of bytes were never stretched.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model_space.data.mel import Spectrogram, log_mel

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".wav", ".flac", ".ogg", ".mp3")

_PARTS = {"train": ("train", "training"), "validation": ("val", "validation"), "test": ("test",)}


def part_folders(path: Path) -> dict[str, Path]:
    """Return those folders of `train`, `validation` and `test` that a folder has."""
    there = (
        (part, path / name) for part, names in _PARTS.items() for name in reversed(names)
        if (path / name).is_dir()
    )  # fmt: skip
    return dict(there)


def class_names(train: Path) -> tuple[str, ...]:
    """Return the names of the classes, whose folders are not hidden."""
    return tuple(
        sorted(
            item.name for item in train.iterdir() if item.is_dir() and not item.name.startswith(".")
        )
    )


def listed(
    folder: Path, classes: Sequence[str], suffixes: Sequence[str] = SUFFIXES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the files in one subfolder for each class, and the numbers of their classes."""
    files: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        for file in sorted((folder / name).rglob("*")):
            if file.suffix.lower() in suffixes:
                files.append(str(file))
                labels.append(label)
    return np.array(files, dtype=object), np.array(labels, dtype=np.int64)


def mode_and_size(image: Image.Image) -> tuple[str, tuple[int, int]]:
    """Return Pillow's mode and the size of all images, given the first."""
    return "L" if image.mode in ("1", "L", "LA", "I;16", "I") else "RGB", image.size


def pixels(
    image: Image.Image, mode: str, size: tuple[int, int], levels: tuple[float, float] = (0, 65535)
) -> np.ndarray:
    """Return an image's bytes (height, width, channels).

    `mode` is Pillow's, L or RGB, and `size` width and height. The `levels` are not used.
    """
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits; Pillow's own conversion would clip them
        image = Image.fromarray((np.asarray(image) // 256).astype(np.uint8))
    image = image.convert(mode)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(image)
    return array if array.ndim == 3 else array[..., np.newaxis]


def mel_image(rate: int, channels: np.ndarray, how: Spectrogram) -> np.ndarray:
    """Return the image (bands, frames, 1), bytes, of samples (n, channels) at `rate` Hz."""
    from scipy.signal import resample_poly

    sound = channels.mean(axis=1, dtype=np.float64)
    # Whatever numbers stand for silence and for the loudest sound, these are 0 and 1.
    sound -= sound.mean()
    sound /= np.abs(sound).max() or 1
    if rate != how.rate:
        ratio = Fraction(how.rate, rate).limit_denominator(1000)
        sound = resample_poly(sound, ratio.numerator, ratio.denominator)
    return log_mel(sound[:, np.newaxis], how)
