"""Batches for training and for evaluation, as tf.data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from model_space.recipe import BatchStage, ImageStage

_EVALUATION_BATCH = 500


def orders(images: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the order of so many images in each epoch, as row numbers (N,), without end."""
    shuffled = tf.data.Dataset.range(images).shuffle(images, seed=seed).batch(images)
    while True:
        yield next(shuffled.as_numpy_iterator())
        # An iterator draws its order when it is made, and Keras 3.15, left to shuffle, makes one
        # an epoch that it never reads. Skipped here too, a seed gives the runs it always gave.
        iter(shuffled)


def training_batches(
    images: np.ndarray,
    labels: np.ndarray,
    classes: int,
    augment: ImageStage,
    mix: BatchStage,
    *,
    batch_size: int,
    orders: Iterator[np.ndarray],
) -> tf.data.Dataset:
    """Batches of the images in the next of `orders` each epoch, augmented and mixed.

    `images` (N, height, width, channels), bytes or floats in [0, 1]; `labels` (N,) integers;
    arrays, or tensors that several datasets share. Yields float32 images in [0, 1] and (batch,
    classes) labels.
    """
    starts = range(0, len(images), batch_size)

    def rows() -> Iterator[np.ndarray]:
        order = next(orders)
        for start in starts:
            yield order[start : start + batch_size]

    batches = (
        tf.data.Dataset.from_generator(rows, output_signature=tf.TensorSpec((None,), tf.int64))
        .apply(tf.data.experimental.assert_cardinality(len(starts)))
        .map(_gather(images, labels, classes))
    )
    # One map, and not a parallel one: the layers' random states must advance in batch order
    # for a seed to reproduce a run. Prefetching overlaps it with the training step.
    return batches.map(lambda x, y: mix(augment(x), y)).prefetch(tf.data.AUTOTUNE)


def evaluation_batches(images: np.ndarray, labels: np.ndarray, classes: int) -> tf.data.Dataset:
    """The images as they are, in order; shapes as `training_batches`."""
    order = tf.data.Dataset.range(len(images)).batch(_EVALUATION_BATCH)
    return order.map(_gather(images, labels, classes)).prefetch(tf.data.AUTOTUNE)


def _gather(images: np.ndarray, labels: np.ndarray, classes: int):  # type: ignore[no-untyped-def]
    images, labels = tf.constant(images), tf.constant(labels)

    def gather(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x = tf.image.convert_image_dtype(tf.gather(images, rows), tf.float32)
        return x, tf.one_hot(tf.gather(labels, rows), classes)

    return gather
