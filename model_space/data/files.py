"""Files into images: on all cores, once, and kept on the disk for the next time."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from model_space.data.cache import kept
from model_space.data.source import Reading

_AT_ONCE = 1000
"""Files that are decoded between two looks at the clock."""

Decode = Callable[[str], np.ndarray]
"""Makes an image (height, width, channels), bytes, of a file; raises `DataError`."""


def decoded(
    files: np.ndarray, decode: Decode, how: object, shape: tuple[int, int, int], reading: Reading
) -> np.ndarray:
    """The images (N, height, width, channels) of the files (N,), mapped from the disk.

    `how` tells what `decode` does from all else that might be done to these files, and `shape`
    is that of one image.
    """
    fill = partial(_fill, files, decode, reading)
    return kept(_key(files, how), (len(files), *shape), fill)


def _key(files: np.ndarray, how: object) -> str:
    """Tells these files, as they are now and decoded so, from all others."""
    digest = hashlib.sha256(repr(how).encode())
    for file in files:
        facts = os.stat(file)
        digest.update(repr((os.path.abspath(file), facts.st_size, facts.st_mtime_ns)).encode())
    return digest.hexdigest()[:32]


def _fill(files: np.ndarray, decode: Decode, reading: Reading, images: np.ndarray) -> None:
    """Decode the files into the images, on all cores, and tell every second how far that is."""

    def fill(index: int) -> None:
        images[index] = decode(files[index])

    told = time.monotonic()
    with ThreadPoolExecutor() as threads:
        for first in range(0, len(files), _AT_ONCE):
            # Not all at once, so that an error ends it soon.
            list(threads.map(fill, range(first, min(first + _AT_ONCE, len(files)))))
            if time.monotonic() - told > 1:
                reading(min(first + _AT_ONCE, len(files)), len(files))
                told = time.monotonic()
