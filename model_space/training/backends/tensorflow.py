"""Keras on TensorFlow: graphs of many batches, each a loop in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from model_space.data import Data
from model_space.data.source import Part
from model_space.training.batches import as_batch
from model_space.training.setup import TrainingSetup


class TensorFlowLoops:
    """`Loops` on TensorFlow; a graph is traced in its first call, which takes seconds."""

    def __init__(
        self, setup: TrainingSetup, data: Data, batch_size: int, evaluation_batch: int
    ) -> None:
        self._train = _train(setup, data, batch_size)
        self._correct = _correct(setup, data, evaluation_batch)
        self._evaluate = _evaluate(setup, data)
        self._evaluation_batch = evaluation_batch

    def put(self, part: Part) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Loops`."""
        images, labels = part
        return tf.constant(images), tf.constant(labels, tf.int64)

    def train(self, shard: tuple[tf.Tensor, tf.Tensor], first: int, last: int) -> float:
        """See `Loops`."""
        return float(self._train(*shard, tf.constant(first), tf.constant(last)))

    def correct(self, shard: tuple[tf.Tensor, tf.Tensor]) -> np.ndarray:
        """See `Loops`."""
        return np.asarray(self._correct(*shard))

    def probabilities(self, shard: tuple[tf.Tensor, tf.Tensor]) -> np.ndarray:
        """See `Loops`."""
        images, labels = shard
        size = self._evaluation_batch
        batches = (slice(first, first + size) for first in range(0, len(labels), size))
        scores = [self._evaluate(images[rows], labels[rows]) for rows in batches]
        return np.concatenate([each.numpy() for each in scores])


@contextmanager
def nameless() -> Iterator[None]:
    """Make the variables of this block without names.

    TensorFlow keeps 35 kB for ever for each name, and Keras never gives one twice.
    """

    def make(following: Any, **options: Any) -> tf.Variable:
        return following(**{**options, "name": None})

    with tf.variable_creator_scope(make):
        yield


def _signature(data: Data) -> list[tf.TensorSpec]:
    """Return the specification of images and labels, in any number."""
    images = data.train[0]
    return [
        tf.TensorSpec((None, *data.image_shape), images.dtype),
        tf.TensorSpec((None,), tf.int64),
    ]


def _train(setup: TrainingSetup, data: Data, batch_size: int) -> Callable[..., tf.Tensor]:
    optimizer, weights = setup.optimizer, setup.network.trainable_variables

    def step(batch: dict[str, tf.Tensor]) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = setup.training_loss(batch)
        optimizer.apply(tape.gradient(loss, weights), weights)
        for averages in setup.averages:
            averages.update()
        return loss

    # XLA takes longer to compile on a CPU than it saves there, and a function of its own to trace.
    if tf.config.list_physical_devices("GPU"):
        step = tf.function(step, jit_compile=True, autograph=False)

    row = tf.TensorSpec((), tf.int32)

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[*_signature(data), row, row], autograph=False
    )
    def train(images: tf.Tensor, labels: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
        def one_more(row: tf.Tensor, losses: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            rows = slice(row, tf.minimum(row + batch_size, last))
            batch = setup.training_batch(images[rows], labels[rows])
            return row + batch_size, losses + step(batch)

        loop = tf.while_loop(
            lambda row, losses: row < last, one_more, (first, 0.0), parallel_iterations=1
        )
        return loop[1]

    return train  # type: ignore[no-any-return]


def _evaluate(setup: TrainingSetup, data: Data) -> Callable[..., tf.Tensor]:
    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=_signature(data), autograph=False
    )
    def evaluate(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return setup.evaluate(as_batch(images, labels, 1)["images"])

    return evaluate  # type: ignore[no-any-return]


def _correct(setup: TrainingSetup, data: Data, evaluation_batch: int) -> Callable[..., tf.Tensor]:
    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=_signature(data), autograph=False
    )
    def correct(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        def more(batch: tf.Tensor, found: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
            first = batch * evaluation_batch
            rows = slice(first, first + evaluation_batch)
            x = as_batch(images[rows], labels[rows], 1)["images"]
            named = tf.argmax(setup.evaluate(x), axis=1, output_type=tf.int64)
            return batch + 1, found.write(batch, named == labels[rows])

        batches = -(-tf.shape(images)[0] // evaluation_batch)
        none = tf.TensorArray(tf.bool, batches, infer_shape=False, element_shape=(None,))
        loop = tf.while_loop(
            lambda batch, found: batch < batches, more, (0, none), parallel_iterations=1
        )
        return loop[1].concat()

    return correct  # type: ignore[no-any-return]
