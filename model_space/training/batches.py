"""Batches: the order of the images in each epoch, cut into shards of whole batches."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import keras
import numpy as np
from keras import ops

from model_space.data.source import Part
from model_space.stages import Tensor

_SHARD_BYTES = 256 << 20
"""The most that a shard's images take. A run holds three shards in memory; the rest of the data may
stay on the disk."""

T = TypeVar("T")


def orders(images: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the order of the images in each epoch, as row numbers (images,), without end."""
    random = np.random.default_rng(seed)
    while True:
        yield random.permutation(images)


def shards(part: Part, batch_size: int, order: np.ndarray | None = None) -> Iterator[Part]:
    """Yield images and labels as shards of whole batches.

    Rows are in the given order (N,), or in that of the part where none is given.
    """
    images, labels = part
    size = shard_size(images, batch_size)
    for first in range(0, len(images), size):
        rows = slice(first, first + size)
        taken = rows if order is None else order[rows]
        yield images[taken], labels[taken]


def shard_size(images: np.ndarray, batch_size: int) -> int:
    """Return the number of images in a shard, a multiple of the batch size.

    `images` are (N, height, width, channels).
    """
    batch_bytes = batch_size * images.itemsize * int(np.prod(images.shape[1:]))
    return max(1, _SHARD_BYTES // batch_bytes) * batch_size


def ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """Yield the items; a thread makes the next while one is used, and ends when this is closed."""
    waiting = iter(items)
    thread = ThreadPoolExecutor(1)
    try:
        following = thread.submit(next, waiting, None)
        while (item := following.result()) is not None:
            following = thread.submit(next, waiting, None)
            yield item
    finally:
        # Not waited for: where this is closed as garbage, that may be within the start of another
        # thread, whose lock the wait would want too.
        thread.shutdown(wait=False, cancel_futures=True)


def as_batch(images: Tensor, labels: Tensor, classes: int) -> dict[str, Tensor]:
    """Return images, bytes or floats in [0, 1], and labels (batch,) as techniques take them.

    These are `images`, as `as_images` makes them, and `labels`, one-hot rows (batch, classes).
    """
    return {"images": as_images(images), "labels": ops.one_hot(labels, classes)}


def as_images(images: Tensor) -> Tensor:
    """Return images, bytes or floats in [0, 1], as networks take them: float32 in [0, 1]."""
    x = ops.cast(images, "float32")
    if keras.backend.standardize_dtype(images.dtype) == "uint8":
        x = x * np.float32(1 / 255)
    return x
