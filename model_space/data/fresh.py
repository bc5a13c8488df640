"""Reading of new files, for the predictions of a trained model."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_space.data import earlier, images, sound
from model_space.data.files import all_of
from model_space.data.listing import IMAGES, SOUNDS, files_in
from model_space.data.mel import Spectrogram
from model_space.data.reading import Levels
from model_space.data.source import DataError, FileError, Progress
from model_space.data.stretching import stretched


@dataclass(frozen=True)
class Preparation:
    """The preparation of a file for a network, as the files that trained it were prepared."""

    image_shape: tuple[int, int, int]
    """Height, width and channels."""
    sound: Spectrogram | None = None
    """The conversion of sounds into images; None where the files are images."""
    levels: Levels | None = None
    """The values of images of more than 8 bits that become black and white."""
    stretched: tuple[int, int] | None = None
    """The bytes that become 0 and 255."""
    reader: int = 1
    """The version of the rules."""

    def found(self, paths: Sequence[str]) -> tuple[list[str], int]:
        """Return the files that paths name, with those in folders, and how many were left out.

        Of a folder, files count that have the suffix of an image, or of a sound, and are not
        hidden. Raises `DataError` for a folder that has none, or that cannot be read.
        """
        suffixes = IMAGES if self.sound is None else SOUNDS
        things = "images" if self.sound is None else "sounds"
        files: list[str] = []
        left_out = 0
        for path in paths:
            if not Path(path).is_dir():
                files.append(path)
                continue
            try:
                inside = files_in(Path(path))
            except OSError as error:
                raise DataError(f"{path} cannot be read ({error.strerror})") from error
            readable = [str(file) for file in inside if file.suffix.lower() in suffixes]
            if not readable:
                raise DataError(
                    f"there are no {things} in {path}; they end in {', '.join(suffixes)}"
                )
            files += readable
            left_out += len(inside) - len(readable)
        return files, left_out

    def read(
        self, files: Sequence[str], progress: Progress = lambda done, of: None
    ) -> tuple[np.ndarray, dict[str, FileError]]:
        """Decode files into images (N, height, width, channels), bytes, but for the broken ones.

        Those are returned beside them. Raises `DataError` for the first that is missing, or where
        all are broken.
        """
        read = np.empty((len(files), *self.image_shape), np.uint8)
        broken: dict[str, FileError] = {}
        whole, reported = 0, time.monotonic()
        for place, file in enumerate(files):
            try:
                read[whole] = self._read(file)
                whole += 1
            except FileError as error:
                broken[file] = error
            if time.monotonic() - reported > 1:
                progress(place + 1, len(files))
                reported = time.monotonic()
        if not whole:
            raise all_of([*broken.values()])
        read = read[:whole]
        return read if self.stretched is None else stretched(read, *self.stretched), broken

    def _read(self, file: str) -> np.ndarray:
        if os.path.islink(file) and not os.path.exists(file):
            raise FileError(file, "is a link to what is not there")
        if not Path(file).exists():
            raise DataError(f"there is no file {file}")
        if Path(file).is_dir():
            raise DataError(f"{file} is a folder; name the files in it")
        height, width, channels = self.image_shape
        if self.sound is not None:
            mel_image = earlier.mel_image if self.reader == 1 else sound.mel_image
            return sound.decode_sound(file, self.sound, mel_image)
        pixels = earlier.pixels if self.reader == 1 else images.pixels
        mode = "L" if channels == 1 else "RGB"
        return images.decode_image(file, mode, (width, height), self.levels, pixels)
