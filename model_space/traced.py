"""A network and what trains it, traced once, and begun anew for every run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from model_space.budget import Budget
from model_space.data import Data
from model_space.network import build
from model_space.pipeline import orders, reader
from model_space.recipe import Recipe
from model_space.techniques import Choice, compose

_EVALUATION_BATCH = 500


class Sets:
    """The images and labels of a data set, as tensors, in the memory of the CPU."""

    def __init__(self, data: Data) -> None:
        self.image_shape, self.classes = data.image_shape, len(data.classes)
        with tf.device("CPU"):
            self.train, self.validation, self.test = (
                (tf.constant(images), tf.constant(labels))
                for images, labels in (data.train, data.validation, data.test)
            )


class Traced:
    """What all runs of the same techniques and budget share: everything but values.

    Those are the weights, the optimizer's state, the random states, the techniques' dials and the
    order of the images. TensorFlow traces the network in its first run, which takes seconds.
    """

    def __init__(self, choice: Choice, sets: Sets, budget: Budget, seed: int) -> None:
        """Build everything as a run of this seed needs it; `begin` does so for another run."""
        self._sets, self._budget = sets, budget
        self._dials = {
            (technique, dial): keras.Variable(value, trainable=False, dtype="float32")
            for technique, dials in choice.items()
            for dial, value in dials.items()
        }
        dials: dict[str, dict[str, Any]] = {technique: {} for technique in choice}
        for (technique, dial), variable in self._dials.items():
            dials[technique][dial] = variable
        recipe = compose(dials)
        self._seed(seed)
        made = _Made(recipe, sets, budget)
        self.network = made.network
        self.optimizer = made.optimizer
        self.variables: list[tf.Variable] = made.variables
        """Weights, optimizer slots and random states, in the order in which they are made."""
        self._steps = _steps(made, recipe.loss(), sets, budget.batch_size)
        self._correct = _correct(made.network, sets)

    def begin(self, choice: Choice, seed: int) -> None:
        """Give every variable the value that it has at the beginning of another run.

        It is made as for a network of that run's own, so that there is no telling them apart.
        `choice` holds the same techniques as before.
        """
        self._seed(seed)
        made = _Made(compose(choice), self._sets, self._budget)
        for variable, fresh in zip(self.variables, made.variables, strict=True):
            variable.assign(fresh)
        for (technique, dial), variable in self._dials.items():
            variable.assign(choice[technique][dial])

    def next_order(self) -> np.ndarray:
        """The order of the training images in the next epoch, as row numbers (N,)."""
        return next(self._orders)

    def train(self, rows: np.ndarray) -> float:
        """Train on these images, a batch at a time; returns the sum of the batches' losses."""
        return float(self._steps(tf.constant(rows)))

    def accuracy(self, images: tf.Tensor, labels: tf.Tensor) -> float:
        """The share of images (N, height, width, channels) whose label the network names."""
        return int(self._correct(images, labels)) / len(labels)

    def _seed(self, seed: int) -> None:
        # Whatever Keras makes draws its seed from Python. Setting TensorFlow's own, which nothing
        # uses, would empty its cache of functions, and they take a second to make again.
        random.seed(seed)
        self._orders = orders(len(self._sets.train[0]), seed)


class _Made:
    """All that draws random numbers while it is made, or keeps variables."""

    def __init__(self, recipe: Recipe, sets: Sets, budget: Budget) -> None:
        with _variables() as self.variables:
            self.network = build(
                recipe, sets.image_shape, sets.classes, width=budget.width, depth=budget.depth
            )
            self.augment, self.mix = recipe.augment(), recipe.mix()
            steps = -(-len(sets.train[0]) // budget.batch_size) * budget.epochs
            self.optimizer = recipe.optimizer(recipe.schedule(steps))
            # A variable that is made inside the first training step makes TensorFlow trace it
            # twice, and tracing is most of a short run's time.
            self.optimizer.build(self.network.trainable_variables)


@contextmanager
def _variables() -> Iterator[list[tf.Variable]]:
    """Collect the variables made in this block."""
    made: list[tf.Variable] = []

    def collect(make: Any, **options: Any) -> tf.Variable:
        # TensorFlow keeps 35 kB for ever for each name, and Keras never gives one twice.
        made.append(make(**{**options, "name": None}))
        return made[-1]

    with tf.variable_creator_scope(collect):
        yield made


def _steps(made: _Made, loss_of: Any, sets: Sets, batch_size: int) -> Callable[..., tf.Tensor]:
    """A function that trains on the images of some rows in one call, however many they are.

    Between two steps of Keras' own `fit`, Python takes as long as a small network does to train.
    """
    network, optimizer, read = made.network, made.optimizer, reader(*sets.train, sets.classes)
    weights = network.trainable_variables

    # XLA takes longer to compile on a CPU than it saves there.
    @tf.function(  # type: ignore[untyped-decorator]
        jit_compile=bool(tf.config.list_physical_devices("GPU")), autograph=False
    )
    def step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = loss_of(y, network(x, training=True))
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    def one_more(first: tf.Tensor, losses: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.device("CPU"):  # where the images are
            x, y = read(rows[first : first + batch_size])
            x, y = made.mix(made.augment(x), y)
        return first + batch_size, losses + step(x, y), rows

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec((None,), tf.int64)], autograph=False
    )
    def steps(rows: tf.Tensor) -> tf.Tensor:
        size = tf.size(rows)
        loop = tf.while_loop(
            lambda first, *rest: first < size, one_more, (0, 0.0, rows), parallel_iterations=1
        )
        return loop[1]

    return steps  # type: ignore[no-any-return]


def _correct(network: keras.Model, sets: Sets) -> Callable[..., tf.Tensor]:
    """A function that counts the images whose label the network names."""
    signature = [tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in sets.test]

    @tf.function(input_signature=signature, autograph=False)  # type: ignore[untyped-decorator]
    def correct(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        def more(first: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            some = images[first : first + _EVALUATION_BATCH]
            x = tf.image.convert_image_dtype(some, tf.float32)
            named = tf.argmax(network(x, training=False), axis=1, output_type=tf.int64)
            right = named == tf.cast(labels[first : first + _EVALUATION_BATCH], tf.int64)
            return first + _EVALUATION_BATCH, count + tf.reduce_sum(tf.cast(right, tf.int32))

        size = tf.shape(images)[0]
        return tf.while_loop(
            lambda first, count: first < size, more, (0, 0), parallel_iterations=1
        )[1]

    return correct  # type: ignore[no-any-return]
