"""Sets of files: what a reader of files lists, and the source that decodes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from model_space.data import images, sound
from model_space.data.class_names import look_alikes
from model_space.data.listing import IMAGES, SOUNDS
from model_space.data.reading import AS_IT_IS, Reading
from model_space.data.source import PARTS, DataError, Decoder, Part, Progress, Source


@dataclass(frozen=True)
class FileSet:
    """The files of a data set, none of them opened yet."""

    at: str
    """What `--data` names, for messages."""
    classes: tuple[str, ...]
    """In the order of their numbers."""
    parts: Mapping[str, Part]
    """Paths and numbers of classes of `train`, and of `validation` and `test` if there are any."""
    account: Reading = AS_IT_IS
    """What was left out."""
    unpacked: Path | None = None
    """The folder of the cache that the files were unpacked to from `at`."""
    in_words: Callable[[str], str] = str
    """Names those in a message that are no files of the user's, as rows are."""

    def source(self, image_size: int | None, progress: Progress) -> Source:
        """Look at each file, and return the set as a source. Raises `DataError`, `OSError`.

        `image_size` is pixels a side, or None for the size of the first image.
        """
        files = {part: names for part, (names, _) in self.parts.items()}
        how = None
        decode: Decoder
        with self._named():
            if are_sounds(self.at, files, image_size):
                decode, how, changed = sound.sound_decoder(files, sound.mel_image, progress)
            else:
                decode, changed = images.image_decoder(files, image_size, progress)

        def decode_named(entries: np.ndarray, progress: Progress) -> np.ndarray:
            with self._named():
                return decode(entries, progress)

        account = replace(
            self.account,
            **{
                name: value for name, value in vars(changed).items()
                if value != getattr(AS_IT_IS, name)
            },
        )  # fmt: skip
        train, validation, test = (self.parts.get(p) for p in PARTS)
        assert train is not None
        return Source(
            self.classes, train, validation, test, decode_named, how, account, self._in_words
        )  # fmt: skip

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Name unpacked files in errors by where the user has them."""
        try:
            yield
        except DataError as error:
            if self.unpacked is None:
                raise
            raise DataError(self._in_words(str(error))) from error

    def _in_words(self, text: str) -> str:
        """Name the unpacked files in a text as the user knows them."""
        if self.unpacked is None:
            return text
        return self.in_words(text).replace(str(self.unpacked), self.at)


def are_sounds(at: str, files: Mapping[str, np.ndarray], image_size: int | None) -> bool:
    """Tell sounds from images by their suffixes. Raises `DataError` where there are both.

    `at` is what holds the files, by part.
    """
    every = [str(file) for of_part in files.values() for file in of_part]
    sounds = [file for file in every if Path(file).suffix.lower() in SOUNDS]
    pictures = [file for file in every if Path(file).suffix.lower() in IMAGES]
    if sounds and pictures:
        raise DataError(
            f"{at} holds both images and sounds, such as {pictures[0]} and {sounds[0]}; --data "
            "takes one kind, so move the other elsewhere"
        )
    if sounds and image_size is not None:
        raise DataError(
            f"--image-size {image_size} is for images, and {at} holds sounds; leave it out: the "
            "length of the sounds and the mel bands decide the size"
        )
    return bool(sounds)


def numbered(
    at: str, labels: Mapping[str, Mapping[str, str]], order: Sequence[str] = ()
) -> tuple[tuple[str, ...], dict[str, Part]]:
    """Return the classes of `train`, and the parts, given the label of each file by part.

    Classes are in the given order; else sorted, as numbers if all are whole numbers. Raises
    `DataError` where another part has a class that `train` lacks.
    """
    present = set(labels["train"].values())
    classes = [name for name in dict.fromkeys(order) if name in present] or in_order(present)
    for part, of_part in labels.items():
        if unknown := in_order(set(of_part.values()) - present):
            raise DataError(
                f"the {part} split of {at} has classes that train lacks: {unknown}"
                f"{look_alikes(unknown, classes)}; remove them, or add some of them to train on"
            )
    number = {name: label for label, name in enumerate(classes)}
    return tuple(classes), {
        part: (
            np.array(list(of_part), dtype=object),
            np.array([number[name] for name in of_part.values()], np.int64),
        )
        for part, of_part in labels.items()
    }


def in_order(names: set[str]) -> list[str]:
    """Sort names of classes, as numbers if all are whole numbers.

    Of equal numbers, such as 1 and 01, every process has the same first.
    """
    try:
        return sorted(names, key=lambda name: (int(name), name))
    except ValueError:
        return sorted(names)
