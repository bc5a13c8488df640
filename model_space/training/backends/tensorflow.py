"""Keras on TensorFlow: graphs of many batches, each a loop in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from model_space.data import Data
from model_space.data.source import Part
from model_space.training.batches import as_images
from model_space.training.setup import TrainingSetup


class TensorFlowLoops:
    """`Loops` on TensorFlow; a graph is traced in its first call, which takes seconds."""

    def __init__(
        self, setup: TrainingSetup, data: Data, batch_size: int, evaluation_batch: int
    ) -> None:
        self._train = _train(setup, data, batch_size)
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
        named: np.ndarray = self.probabilities(shard).argmax(axis=1) == shard[1].numpy()
        return named

    def probabilities(self, shard: tuple[tf.Tensor, tf.Tensor]) -> np.ndarray:
        """See `Loops`."""
        images, size = shard[0], self._evaluation_batch
        batches = (images[first : first + size] for first in range(0, len(images), size))
        scores = [self._evaluate(batch) for batch in batches]
        return np.concatenate([each.numpy() for each in scores])


def compiled_batches(setup: TrainingSetup, part: Part) -> list[dict[str, tf.Tensor]]:
    """See `model_space.training.backends`."""
    batch = tf.function(setup.training_batch)
    images, labels = part
    given = tf.constant(images), tf.constant(labels, tf.int64)
    return [batch(*given) for _ in range(2)]


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

    # XLA takes longer to compile on a CPU than it saves there.
    @tf.function(  # type: ignore[untyped-decorator]
        jit_compile=bool(tf.config.list_physical_devices("GPU")), autograph=False
    )
    def step(batch: dict[str, tf.Tensor]) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = setup.training_loss(batch)
        optimizer.apply(tape.gradient(loss, weights), weights)
        for averages in setup.averages:
            averages.update()
        return loss

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
        input_signature=_signature(data)[:1], autograph=False
    )
    def evaluate(images: tf.Tensor) -> tf.Tensor:
        return setup.evaluate(as_images(images))

    return evaluate  # type: ignore[no-any-return]
