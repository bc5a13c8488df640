"""A data set in memory or mapped from the disk: what to train on, validate with and test on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from model_space.data.cache import joined
from model_space.data.mel import Spectrogram
from model_space.data.reading import AS_IT_IS, Reading
from model_space.data.source import Part

_SAMPLE = 2_000
"""Images, at most, on which `Data.joined` follows the training accuracy."""


@dataclass(frozen=True)
class Data:
    """Images (N, height, width, channels), uint8 or float32 in [0, 1], and labels (N,).

    In images of sounds, height is the mel bands, low ones first, and width is time.
    """

    classes: tuple[str, ...]
    train: Part
    validation: Part
    test: Part
    sound: Spectrogram | None = None
    """The conversion of sounds into images; None where the data are images."""
    reading: Reading = AS_IT_IS
    file_of: Callable[[str, int], str] | None = None
    """Names the file of an image by its part and place there; None where there are no files."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        height, width, channels = self.train[0].shape[1:]
        return height, width, channels

    @property
    def parts(self) -> dict[str, Part]:
        """The parts by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def class_counts(self) -> dict[str, list[int]]:
        """Count the images of each class in each part."""
        return {
            part: np.bincount(labels, minlength=len(self.classes)).tolist()
            for part, (_, labels) in self.parts.items()
        }

    @cached_property
    def fingerprint(self) -> str:
        """A digest of every image and label in its part, equal only for equal data."""
        digest = hashlib.sha256(repr(self.classes).encode())
        for images, labels in (self.train, self.validation, self.test):
            digest.update(repr((images.shape, str(images.dtype))).encode())
            digest.update(np.ascontiguousarray(images).data)
            digest.update(labels.astype("<i8").tobytes())
        return digest.hexdigest()[:16]

    def joined(self) -> Data:
        """Return the same data with the validation images among those to train on.

        In the place of `validation` stands a sample of the training images, 2,000 at most: an
        accuracy on it is a training accuracy, and says nothing of other images.
        """
        (images, labels), (held, held_labels) = self.train, self.validation
        images = joined(images, held, f"{self.fingerprint}-joined")
        labels = np.concatenate([labels, held_labels])
        whole = replace(self, train=(images, labels), file_of=None)
        return replace(whole, validation=whole.training_sample(_SAMPLE))

    def training_sample(self, most: int) -> Part:
        """Draw some of the training images, always the same ones: all, where there are no more."""
        images, labels = self.train
        drawn = np.sort(np.random.default_rng(0).permutation(len(labels))[:most])
        return images[drawn], labels[drawn]
