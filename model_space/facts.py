"""The facts that a study keeps of its data, in place of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model_space.data import Data
from model_space.data.checks import Checks, check
from model_space.data.mel import Spectrogram
from model_space.data.reading import Reading
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
    """Images of each class, in their order, in `train`, in `validation` and, since it is counted,
    in `test`; None where an older study does not hold them."""
    reading: Reading | None = None
    """What was left out and changed; None, and so below, where an older study does not hold it."""
    checks: Checks | None = None

    @classmethod
    def of(cls, data: Data) -> DataFacts:
        """Return the facts of some data; reads every image, for the digest and the checks."""
        return cls(
            classes=data.classes,
            image_shape=data.image_shape,
            train=len(data.train[1]),
            validation=len(data.validation[1]),
            test=len(data.test[1]),
            fingerprint=data.fingerprint,
            sound=data.sound,
            class_counts={part: tuple(counts) for part, counts in data.class_counts().items()},
            reading=data.reading,
            checks=check(data.parts, data.file_of),
        )

    @classmethod
    def from_json(cls, value: object) -> DataFacts:
        """Read what `dataclasses.asdict` of the facts became in JSON; raises `JsonError`."""
        return from_json(cls, value)

    @property
    def things(self) -> str:
        """The plural noun for what the data are: images or sounds."""
        return "images" if self.sound is None else "sounds"
