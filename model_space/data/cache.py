"""The cache of decoded images on the disk, which workers share and map into memory in parts."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock

from model_space.data.source import DataError

_UNUSED_DAYS = 30
"""Files that were not used for this long are removed when a new one is written."""


def home() -> Path:
    """Return the user's folder for files that kouka can make again."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "kouka"


def folder() -> Path:
    """Return the folder of decoded images; removing it costs the time to decode them again."""
    return home() / "images"


def kept(key: str, shape: tuple[int, ...], fill: Callable[[np.ndarray], None]) -> np.ndarray:
    """Return the bytes of that key and shape, mapped from the disk; `fill` writes them once.

    Of several processes that ask for the same key, one writes it and the others wait. Raises
    `OSError` where it cannot be written, `DataError` where nothing can be, and leaves no part.
    """
    path = folder() / f"{key}.npy"
    with _locked(path):
        if _opened(path, shape) is None:
            _remove_unused()
            _make(path, shape, fill)
        os.utime(path)
        images = _opened(path, shape)
    assert images is not None
    return images


def kept_folder(key: str, fill: Callable[[Path], None]) -> Path:
    """Return the folder of unpacked files of that key; `fill` writes them once, into a draft.

    Of several processes that ask for the same key, one writes it and the others wait. Raises
    `OSError` where it cannot be written, `DataError` where nothing can be, and leaves no part.
    """
    path = home() / "unpacked" / key
    with _locked(path):
        if not path.is_dir():
            _remove_unused()
            partial = path.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            try:
                partial.mkdir()
                fill(partial)
                partial.rename(path)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        os.utime(path)
    return path


def joined(first: np.ndarray, second: np.ndarray, key: str) -> np.ndarray:
    """Concatenate two arrays of images (N, height, width, channels).

    Where the first is mapped from the disk, because it may be larger than memory, so is the
    result, under that key.
    """
    if not isinstance(first.base, np.memmap):
        return np.concatenate([first, second])

    def fill(images: np.ndarray) -> None:
        images[: len(first)] = first
        images[len(first) :] = second

    return kept(key, (len(first) + len(second), *first.shape[1:]), fill)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from what is kept there. Raises `DataError` where that is impossible."""
    lock = FileLock(path.with_suffix(".lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise DataError(
            f"{path.parent}, where decoded data are kept, cannot be written "
            f"({error.strerror or error}); make it writable, or name another place as "
            "XDG_CACHE_HOME"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _make(path: Path, shape: tuple[int, ...], fill: Callable[[np.ndarray], None]) -> None:
    partial = path.with_suffix(".partial")
    try:
        images = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
        with partial.open("rb+") as file:
            if hasattr(os, "posix_fallocate"):
                # A full disk is an error here; a write to a mapped page would kill the process.
                os.posix_fallocate(file.fileno(), 0, partial.stat().st_size)
        fill(images)
        images.flush()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _opened(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return np.asarray(images) if (images.shape, images.dtype) == (shape, np.uint8) else None


def _remove_unused() -> None:
    oldest = time.time() - _UNUSED_DAYS * 24 * 3600
    for file in folder().glob("*.npy"):
        if _used(file) < oldest:
            file.unlink(missing_ok=True)
            file.with_suffix(".lock").unlink(missing_ok=True)
    for lock in (home() / "unpacked").glob("*.lock"):
        files = lock.with_suffix("")
        if files.is_dir() and _used(files) < oldest:
            shutil.rmtree(files, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _used(path: Path) -> float:
    """The time of something's last use; infinite where another process has just removed it."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf
