"""The setup of a training run: network, stages, loss and optimizer, before they are compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras

from model_space.budget import Budget
from model_space.custom.registry import BUILT_IN, Registry
from model_space.data import Data
from model_space.recipe import Recipe
from model_space.stages import Tensor
from model_space.training.inputs import TrainingInputs
from model_space.training.rates import at_rate


class TrainingSetup:
    """The network, layers, loss and optimizer of a recipe, and every variable that they have.

    Each of them that draws random numbers, now or later, takes its seed from Python's `random`.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Data,
        budget: Budget,
        registry: Registry = BUILT_IN,
        *,
        variable_dials: bool = False,
    ) -> None:
        """Make all of it for training on `data`.

        With `variable_dials`, the dials become variables where their technique takes them, and can
        be changed later. Raises `CustomCodeError`.
        """
        self.dials = {
            (technique, dial): keras.Variable(value, trainable=False, dtype="float32")
            for technique, dials in recipe.items()
            for dial, value in dials.items()
            if variable_dials and registry.takes_variables(technique)
        }
        stages = registry.compose(
            {
                technique: {d: self.dials.get((technique, d), value) for d, value in dials.items()}
                for technique, dials in recipe.items()
            }
        )
        self._classes = len(data.classes)
        steps = -(-len(data.train[0]) // budget.batch_size) * budget.epochs
        with precision(budget.precision):
            self.network: Any = registry.network(stages, data.image_shape, self._classes, budget)
        self.inputs = TrainingInputs(stages, self._classes)
        self.loss: Any = stages.loss()
        self.optimizer: Any = stages.optimizer(
            at_rate(stages.schedule(steps), budget.learning_rate)
        )
        # What is made inside the first training step makes TensorFlow trace it twice.
        self.optimizer.build(self.network.trainable_variables)
        self.averages: list[Any] = []
        """The averages of weights to update after every training step: one or none."""
        if stages.average is not None:
            self.averages.append(stages.average(self.network.weights))
        parts = (self.network, *self.inputs.layers, self.optimizer, *self.averages)
        dials = {id(variable) for variable in self.dials.values()}
        unique = {id(variable): variable for part in parts for variable in part.variables}
        self.variables: list[Any] = [v for key, v in unique.items() if key not in dials]
        """Weights, random states, optimizer slots and averages, in an order that the recipe
        decides."""

    def training_batch(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the batch that a step trains on: `as_batch`, then augmented, then mixed."""
        return self.inputs.batch(images, labels)

    def training_loss(self, batch: dict[str, Tensor]) -> Tensor:
        """Return the loss of a batch of `training_batch`, which a step makes smaller.

        Losses that the network's own layers add, such as regularizers, are in it.
        """
        loss = self.loss(batch["labels"], self.network(batch["images"], training=True))
        for added in self.network.losses:
            loss = loss + keras.ops.cast(keras.ops.sum(added), loss.dtype)
        return loss

    def judged(self) -> list[Tensor]:
        """Return the values of the network's weights with which it is validated and tested."""
        with self._judged():
            return [keras.ops.copy(weight) for weight in self.network.weights]

    def evaluate(self, images: Tensor) -> Tensor:
        """Return the probabilities, (batch, classes), of images as `as_images` makes them."""
        with self._judged():
            return self.network(images, training=False)

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """Put the weights with which the network is judged in place for this block."""
        with ExitStack() as stack:
            for averages in self.averages:
                stack.enter_context(averages.in_place())
            yield


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Set Keras' dtype policy for the layers that are made in this block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
