"""Decoding of files into images, on all cores, once, into the cache on the disk."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from model_space.data.cache import folder, kept
from model_space.data.source import DataError, FileError, Progress

_AT_ONCE = 1000
"""Files decoded between two looks at the clock."""
_MOST_BROKEN = 100
"""Broken files after which no others are looked at."""
_NAMED = 5
"""Broken files that are named."""

FileDecoder = Callable[[str], np.ndarray]
"""Decodes a file into an array of bytes, such as an image; raises `DataError`."""


def decoded(
    files: np.ndarray,
    decode: FileDecoder,
    how: object,
    shape: tuple[int, ...],
    progress: Progress,
) -> np.ndarray:
    """Decode files (N,) into arrays (N, *shape) of bytes, such as images, mapped from the disk.

    `how` identifies what `decode` does to a file. Raises `DataError`, which names several files
    where several cannot be read, or where the disk is full.
    """
    fill = partial(_fill, files, decode, progress)
    try:
        return kept(_key(files, how), (len(files), *shape), fill)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        size = len(files) * math.prod(shape) / 1e9
        raise DataError(
            f"the decoded files take {size:.3g} GB, for which there is no room in {folder()}; "
            "--image-size makes images smaller, and XDG_CACHE_HOME names another place"
        ) from error


def _key(files: np.ndarray, how: object) -> str:
    """Return a digest of the files, as they are now, and of how they are decoded.

    Raises `DataError` that names those that are not there.
    """
    digest = hashlib.sha256(repr(how).encode())
    lost = []
    for file in files:
        try:
            facts = os.stat(file)
        except OSError as error:
            what = "is a link to what is not there" if os.path.islink(file) else "cannot be found"
            if not isinstance(error, FileNotFoundError):
                what = f"cannot be opened ({error.strerror})"
            lost.append(FileError(file, what))
            continue
        digest.update(repr((os.path.abspath(file), facts.st_size, facts.st_mtime_ns)).encode())
    if lost:
        raise all_of(lost)
    return digest.hexdigest()[:32]


def _fill(files: np.ndarray, decode: FileDecoder, progress: Progress, images: np.ndarray) -> None:
    """Decode the files into the images, on all cores, and report the progress every second."""

    def fill(index: int) -> FileError | None:
        try:
            images[index] = decode(files[index])
        except FileError as error:
            return error
        return None

    broken: list[FileError] = []
    reported = time.monotonic()
    with ThreadPoolExecutor() as threads:
        for first in range(0, len(files), _AT_ONCE):
            some = range(first, min(first + _AT_ONCE, len(files)))
            broken += [error for error in threads.map(fill, some) if error is not None]
            if len(broken) >= _MOST_BROKEN:
                break
            if time.monotonic() - reported > 1:
                progress(min(first + _AT_ONCE, len(files)), len(files))
                reported = time.monotonic()
    if broken:
        raise all_of(broken)


def all_of(errors: list[FileError]) -> DataError:
    """Return one error for all files."""
    if len(errors) == 1:
        return errors[0]
    more = len(errors) - _NAMED
    listed = "; ".join(error.described for error in errors[:_NAMED])
    count = f"{len(errors)}{' or more' if len(errors) >= _MOST_BROKEN else ''}"
    return DataError(
        f"{count} files cannot be used: {listed}{f'; and {more} more' if more > 0 else ''}; repair "
        "or remove them"
    )
