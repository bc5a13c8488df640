"""Reading of new files, for the predictions of a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model_space.data.images import decode_image
from model_space.data.mel import Spectrogram
from model_space.data.sound import decode_sound
from model_space.data.source import DataError


def read_files(
    files: Sequence[str], shape: tuple[int, int, int], sound: Spectrogram | None
) -> np.ndarray:
    """Decode files into images (N, *shape), bytes, as the files of a folder are decoded.

    `shape` is height, width and channels; `sound` is the conversion of sounds into images, and
    None where the files are images. Raises `DataError` for the first that is missing or broken.
    """
    height, width, channels = shape
    read = np.empty((len(files), *shape), np.uint8)
    for file, target in zip(files, read, strict=True):
        if not Path(file).exists():
            raise DataError(f"there is no file {file}")
        if sound is None:
            target[:] = decode_image(file, "L" if channels == 1 else "RGB", (width, height))
        else:
            target[:] = decode_sound(file, sound)
    return read
