"""The images of an epoch, in its order, as batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from model_space.recipe import Tensor


def orders(images: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the order of so many images in each epoch, as row numbers (N,), without end."""
    random = np.random.default_rng(seed)
    while True:
        yield random.permutation(images)


def reader(
    images: Tensor, labels: Tensor, classes: int
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """What makes a batch of row numbers (batch,).

    `images` (N, height, width, channels), bytes or floats in [0, 1]; `labels` (N,) integers. The
    batch is float32 images in [0, 1] and (batch, classes) labels.
    """

    def read(rows: Tensor) -> tuple[Tensor, Tensor]:
        x = tf.image.convert_image_dtype(tf.gather(images, rows), tf.float32)
        return x, tf.one_hot(tf.gather(labels, rows), classes)

    return read
