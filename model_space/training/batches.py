"""The images of an epoch, in its order, as shards that are trained on one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import keras
import numpy as np
from keras import ops

from model_space.data.source import Part
from model_space.recipe import Tensor

_SHARD_BYTES = 256 << 20
"""The most that a shard's images take, which a run holds three times: where data are larger than
memory, they stay on the disk but for these."""

T = TypeVar("T")


def orders(images: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the order of so many images in each epoch, as row numbers (N,), without end."""
    random = np.random.default_rng(seed)
    while True:
        yield random.permutation(images)


def shards(part: Part, batch_size: int, order: np.ndarray | None = None) -> Iterator[Part]:
    """Cut images and labels into whole batches, as many at a time as a shard takes.

    They come in the given order of rows (N,), or else as they are.
    """
    images, labels = part
    size = shard_size(images, batch_size)
    for first in range(0, len(images), size):
        rows = slice(first, first + size)
        taken = rows if order is None else order[rows]
        yield images[taken], labels[taken]


def shard_size(images: np.ndarray, batch_size: int) -> int:
    """How many images (N, height, width, channels) are a shard: a multiple of the batch size."""
    batch_bytes = batch_size * images.itemsize * int(np.prod(images.shape[1:]))
    return max(1, _SHARD_BYTES // batch_bytes) * batch_size


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, the next of which a thread makes while one is used."""
    waiting = iter(items)
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(next, waiting, None)
        while (item := following.result()) is not None:
            following = thread.submit(next, waiting, None)
            yield item


def as_batch(images: Tensor, labels: Tensor, classes: int) -> dict[str, Tensor]:
    """Images, bytes or floats in [0, 1], and labels (batch,) as techniques take them.

    They are `images`, float32 in [0, 1], and `labels`, (batch, classes).
    """
    x = ops.cast(images, "float32")
    if keras.backend.standardize_dtype(images.dtype) == "uint8":
        x = x * np.float32(1 / 255)
    return {"images": x, "labels": ops.one_hot(labels, classes)}
