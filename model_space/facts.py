"""The facts that a study keeps of its data, in place of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model_space.data import Data
from model_space.data.mel import Spectrogram
from model_space.typed_json import from_json


@dataclass(frozen=True)
class DataFacts:
    """The classes, shape, sizes and digest of a data set that has been read and split."""

    classes: tuple[str, ...]
    """In the order of their labels."""
    image_shape: tuple[int, int, int]
    """Height, width and channels."""
    train: int
    """Images to train on."""
    validation: int
    test: int
    fingerprint: str = ""
    """`Data.fingerprint`; empty where an older study does not hold it."""
    sound: Spectrogram | None = None
    """The conversion of sounds into images; None where the data are images."""
    class_counts: Mapping[str, tuple[int, ...]] | None = None
    """Images of each class, in their order, in `train` and in `validation`; None where an older
    study does not hold them."""

    @classmethod
    def of(cls, data: Data) -> DataFacts:
        """Return the facts of some data; reads every image once, for the digest."""
        return cls(
            classes=data.classes,
            image_shape=data.image_shape,
            train=len(data.train[1]),
            validation=len(data.validation[1]),
            test=len(data.test[1]),
            fingerprint=data.fingerprint(),
            sound=data.sound,
            class_counts={part: tuple(counts) for part, counts in data.class_counts().items()},
        )

    @classmethod
    def from_json(cls, value: object) -> DataFacts:
        """Read what `dataclasses.asdict` of the facts became in JSON; raises `JsonError`."""
        return from_json(cls, value)

    @property
    def things(self) -> str:
        """The plural noun for what the data are: images or sounds."""
        return "images" if self.sound is None else "sounds"
