"""A network, its optimizer and its batches: traced once, and begun anew for every run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from model_space.budget import Budget
from model_space.network import build
from model_space.pipeline import evaluation_batches, orders, training_batches
from model_space.recipe import Recipe
from model_space.techniques import Choice, compose


class Sets:
    """The batches that every run evaluates on, and the images that it trains on, as tensors."""

    def __init__(self, classes: int, parts: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Take the images and labels of `train`, `validation` and `test`."""
        self.classes = classes
        images, labels = parts["train"]
        with tf.device("CPU"):  # where the batches are made
            self.train = tf.constant(images), tf.constant(labels)
        self.image_shape = images.shape[1:]
        self.validation = evaluation_batches(*parts["validation"], classes)
        self.test = evaluation_batches(*parts["test"], classes)


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
        variables: dict[str, dict[str, Any]] = {technique: {} for technique in choice}
        for (technique, dial), variable in self._dials.items():
            variables[technique][dial] = variable
        recipe = compose(variables)
        self._seed(seed)
        made = _Made(recipe, sets, budget)
        self.network = made.network
        self.variables: list[tf.Variable] = made.variables
        """Weights, optimizer slots and random states, in the order in which they are made."""
        self.batches = training_batches(
            *sets.train, sets.classes, made.augment, made.mix,
            batch_size=budget.batch_size, orders=self._orders(),
        )  # fmt: skip
        self.network.compile(
            made.optimizer,
            recipe.loss(),
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            # XLA takes longer to compile on a CPU than it saves there.
            jit_compile=bool(tf.config.list_physical_devices("GPU")),
        )

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

    def skip_epoch(self) -> None:
        """Pass over the order of the images of one epoch."""
        next(self._order)

    def _seed(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self._order = orders(len(self._sets.train[0]), seed)

    def _orders(self) -> Iterator[np.ndarray]:
        while True:
            yield next(self._order)


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
        made.append(make(**options))
        return made[-1]

    with tf.variable_creator_scope(collect):
        yield made
