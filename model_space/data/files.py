"""Decoding of files into images, on all cores, once, into the cache on the disk."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from model_space.data.cache import kept
from model_space.data.source import Progress

_AT_ONCE = 1000
"""Files decoded between two looks at the clock."""

FileDecoder = Callable[[str], np.ndarray]
"""Decodes a file into an image (height, width, channels), bytes; raises `DataError`."""


def decoded(
    files: np.ndarray,
    decode: FileDecoder,
    how: object,
    shape: tuple[int, int, int],
    reading: Progress,
) -> np.ndarray:
    """Decode files (N,) into images (N, height, width, channels), mapped from the disk.

    `how` identifies what `decode` does to a file, and `shape` is that of one image.
    """
    fill = partial(_fill, files, decode, reading)
    return kept(_key(files, how), (len(files), *shape), fill)


def _key(files: np.ndarray, how: object) -> str:
    """Return a digest of the files, as they are now, and of how they are decoded."""
    digest = hashlib.sha256(repr(how).encode())
    for file in files:
        facts = os.stat(file)
        digest.update(repr((os.path.abspath(file), facts.st_size, facts.st_mtime_ns)).encode())
    return digest.hexdigest()[:32]


def _fill(files: np.ndarray, decode: FileDecoder, reading: Progress, images: np.ndarray) -> None:
    """Decode the files into the images, on all cores, and report the progress every second."""

    def fill(index: int) -> None:
        images[index] = decode(files[index])

    reported = time.monotonic()
    with ThreadPoolExecutor() as threads:
        for first in range(0, len(files), _AT_ONCE):
            # Not all at once, so that an error ends it soon.
            list(threads.map(fill, range(first, min(first + _AT_ONCE, len(files)))))
            if time.monotonic() - reported > 1:
                reading(min(first + _AT_ONCE, len(files)), len(files))
                reported = time.monotonic()
