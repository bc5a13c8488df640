"""Data: from what `--data` names to images that train, validate and test.

Nothing here imports Keras unless one of Keras' own sets is asked for, so that data that cannot
be used is refused at once; nor TensorFlow, which a process of its own does where need be.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from model_space.data.arrays import KERAS_SETS, read_digits, read_keras, read_npz
from model_space.data.cache import joined
from model_space.data.folder import holds_sounds, read_folder
from model_space.data.images import resized
from model_space.data.mel import Spectrogram
from model_space.data.source import DataError, Part, Reading, Source
from model_space.data.splits import split
from model_space.data.tfds import TFDS, read_tfds

__all__ = ["Data", "DataError", "holds_sounds", "is_set", "load"]

DIGITS = "digits"

_SMALLEST_IMAGE = 15
"""Pixels a side that three 3×3 convolutions of stride 2 without padding need."""
_SAMPLE = 2_000
"""Images, at most, by which it is judged how well those trained on are known."""


@dataclass(frozen=True)
class Data:
    """Images (N, height, width, channels), uint8 or float32 in [0, 1], and labels (N,).

    Those of sounds have the mel bands, low ones first, for their height, and time for their width.
    """

    classes: tuple[str, ...]
    train: Part
    validation: Part
    test: Part
    sound: Spectrogram | None = None
    """How the sounds became images; None where the data are images."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        height, width, channels = self.train[0].shape[1:]
        return height, width, channels

    def class_counts(self) -> dict[str, list[int]]:
        """How many images of each class there are to train on and to validate with."""
        parts = {"train": self.train, "validation": self.validation}
        return {
            part: np.bincount(labels, minlength=len(self.classes)).tolist()
            for part, (_, labels) in parts.items()
        }

    def fingerprint(self) -> str:
        """A digest of every image and label in its part, equal only for equal data."""
        digest = hashlib.sha256(repr(self.classes).encode())
        for images, labels in (self.train, self.validation, self.test):
            digest.update(repr((images.shape, str(images.dtype))).encode())
            digest.update(np.ascontiguousarray(images).data)
            digest.update(labels.astype("<i8").tobytes())
        return digest.hexdigest()[:16]

    def joined(self) -> Data:
        """The same with the validation images among those to train on.

        In their place stand training images, 2,000 at most: what a network comes to on these says
        how well it knows what it was trained on, and nothing of other images.
        """
        (images, labels), (held, held_labels) = self.train, self.validation
        images = joined(images, held, f"{self.fingerprint()}-joined")
        labels = np.concatenate([labels, held_labels])
        drawn = np.sort(np.random.default_rng(0).permutation(len(labels))[:_SAMPLE])
        return replace(self, train=(images, labels), validation=(images[drawn], labels[drawn]))


def is_set(name: str) -> bool:
    """Whether `--data` takes this for the name of a data set, not for a path."""
    return name in (DIGITS, *KERAS_SETS) or name.startswith(TFDS)


def _check_name(name: str) -> None:
    """Raise `DataError` unless `name` is that of a set, a folder or a .npz file."""
    path = Path(name)
    if is_set(name) or path.is_dir() or (path.suffix == ".npz" and path.exists()):
        return
    kinds = (
        f"{DIGITS}, {', '.join(KERAS_SETS)}, {TFDS}NAME, a folder of images or sounds, or a .npz "
        "file"
    )
    if path.exists():
        raise DataError(f"--data {name} is neither a folder nor a .npz file; it takes {kinds}")
    raise DataError(f"there is no data set or path {name!r}; --data takes {kinds}")


def load(
    name: str,
    *,
    image_size: int | None = None,
    validation: float = 0.1,
    train_size: int | None = None,
    seed: int = 0,
    reading: Reading = lambda done, of: None,
) -> Data:
    """Read what `name` names, hold out what it lacks, and decode what will be used.

    What is in a folder is kept decoded on the disk, and is read from there. `reading` is told
    how far the decoding is. Raises `DataError`, whose message says what is wrong with the data,
    and `OSError`.
    """
    with closing(find(name, image_size)) as source:
        parts = split(source, validation=validation, train_size=train_size, seed=seed)
        if name == DIGITS and image_size is None:
            image_size = 16
        train, held, test = (
            (resized(source.decode(entries, reading), image_size), labels)
            for entries, labels in parts
        )
    data = Data(source.classes, train, held, test, source.sound)
    height, width, _ = data.image_shape
    if min(height, width) < _SMALLEST_IMAGE:
        raise DataError(
            f"the images are {height}×{width} pixels and the network needs {_SMALLEST_IMAGE}×"
            f"{_SMALLEST_IMAGE} or more; --image-size 16 enlarges them"
        )
    return data


def find(name: str, image_size: int | None) -> Source:
    """What `name` names, before anything is held out; files are listed and not yet decoded.

    Raises `DataError`.
    """
    _check_name(name)
    if name == DIGITS:
        return read_digits()
    if name in KERAS_SETS:
        return read_keras(name)
    if name.startswith(TFDS):
        return read_tfds(name, image_size)
    if Path(name).is_dir():
        return read_folder(Path(name), image_size)
    return read_npz(Path(name))
