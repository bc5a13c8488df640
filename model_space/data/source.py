"""The source of a data set, as it is listed: entries to be split first and decoded later."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model_space.data.mel import Spectrogram
from model_space.data.reading import AS_IT_IS, Reading

PARTS = ("train", "validation", "test")

Part = tuple[np.ndarray, np.ndarray]
"""Entries (N, …) and their integer labels (N,)."""

Progress = Callable[[int, int], None]
"""Takes the number of images or sounds decoded and the number of all, about once a second."""

Decoder = Callable[[np.ndarray, Progress], np.ndarray]
"""Decodes entries (N, …) into images (N, height, width, channels), bytes or floats."""


class DataError(ValueError):
    """The data cannot be used; the message is one sentence for the user."""


class FileError(DataError):
    """A file cannot be used."""

    def __init__(self, file: object, problem: str, remedy: str = "repair or remove it") -> None:
        """Say what the file is or has, and what to do about it."""
        super().__init__(f"{file} {problem}; {remedy}")
        self.described = f"{file} {problem}"


def unreadable(file: object, error: Exception, thing: str) -> FileError:
    """Return the error of a file that is no such thing, or that the system does not hand out."""
    # A broken file may send its reader to a negative place, which is invalid.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return FileError(
            file, f"cannot be read ({error.strerror})", "make it readable or remove it"
        )
    return FileError(file, f"cannot be read as {thing}")


def first_line(error: Exception) -> str:
    """Return the first line of a message, without its full stop."""
    lines = (line.strip().rstrip(".:") for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)


@dataclass(frozen=True)
class Source:
    """A data set whose images or sounds may still be on the disk."""

    classes: tuple[str, ...]
    train: Part
    validation: Part | None
    test: Part | None
    decode: Decoder
    sound: Spectrogram | None = None
    """The conversion of sounds into images; None where the entries are images."""
    reading: Reading = AS_IT_IS
    file_of: Callable[[str], str] | None = None
    """Names an entry as the user knows it; None where entries are no files."""
    close: Callable[[], None] = lambda: None
    """Releases the resources of `decode`."""

    @property
    def parts(self) -> list[str]:
        """The names of the parts that it has."""
        return [part for part in PARTS if getattr(self, part) is not None]

    @property
    def thing(self) -> str:
        """The noun for an entry: image or sound."""
        return "image" if self.sound is None else "sound"
