"""All that a run is made of, before any of it is compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import keras

from model_space.budget import Budget
from model_space.components.layers import OneOf
from model_space.custom.loading import OwnError
from model_space.custom.registry import OURS, Kit
from model_space.data import Data
from model_space.recipe import Tensor
from model_space.techniques import Choice
from model_space.training.batches import as_batch


class Made:
    """A recipe's network, stages, loss and optimizer, and every variable that they have.

    Whatever here draws random numbers, now or later, takes its seed from Python's `random`.
    """

    def __init__(
        self,
        choice: Choice,
        data: Data,
        budget: Budget,
        kit: Kit = OURS,
        *,
        turnable: bool = False,
    ) -> None:
        """Make it; the dials become variables where they are to be `turnable` and can be."""
        self.dials = {
            (technique, dial): keras.Variable(value, trainable=False, dtype="float32")
            for technique, dials in choice.items()
            for dial, value in dials.items()
            if turnable and kit.turnable(technique)
        }
        recipe = kit.compose(
            {
                technique: {d: self.dials.get((technique, d), value) for d, value in dials.items()}
                for technique, dials in choice.items()
            }
        )
        self._classes = len(data.classes)
        steps = -(-len(data.train[0]) // budget.batch_size) * budget.epochs
        with precision(budget.precision):
            self.network: Any = kit.network(recipe, data.image_shape, self._classes, budget)
        self.augment, mix = (_layers(stage) for stage in (recipe.augment, recipe.mix))
        self.mix = [OneOf(mix)] if len(mix) > 1 else mix
        self.loss: Any = recipe.loss()
        self.optimizer: Any = recipe.optimizer(recipe.schedule(steps))
        # What is made inside the first training step makes TensorFlow trace it twice.
        self.optimizer.build(self.network.trainable_variables)
        self.averages: list[Any] = []
        """What is to be updated after every training step, if anything."""
        if recipe.average is not None:
            self.averages.append(recipe.average(self.network.weights))
        parts = (self.network, *self.augment, *self.mix, self.optimizer, *self.averages)
        dials = {id(variable) for variable in self.dials.values()}
        found = {id(variable): variable for part in parts for variable in part.variables}
        self.variables: list[Any] = [v for key, v in found.items() if key not in dials]
        """Weights, random states, optimizer slots and averages, in an order that the choice
        decides."""

    def training_batch(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """A batch as `as_batch` makes it, then as the recipe's stages do: what a step trains on."""
        batch = as_batch(images, labels, self._classes)
        for augment in self.augment:
            batch["images"] = augment(batch["images"], training=True)
        for mix in self.mix:
            batch = mix(batch, training=True)
        return batch

    def training_loss(self, batch: dict[str, Tensor]) -> Tensor:
        """What a step makes smaller: the recipe's loss of a batch as `training_batch` makes it, and
        what the network's own layers add, such as regularizers."""
        loss = self.loss(batch["labels"], self.network(batch["images"], training=True))
        for added in self.network.losses:
            loss = loss + keras.ops.cast(keras.ops.sum(added), loss.dtype)
        return loss

    def judged(self) -> list[Tensor]:
        """The values of the network's weights with which it is validated and tested."""
        with self._judged():
            return [keras.ops.copy(weight) for weight in self.network.weights]

    def evaluate(self, images: Tensor) -> Tensor:
        """Probabilities, (batch, classes), of images as `as_batch` makes them: what is judged."""
        with self._judged():
            return self.network(images, training=False)

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """A block in which the network has the weights by which it is judged."""
        with ExitStack() as stack:
            for averages in self.averages:
                stack.enter_context(averages.in_place())
            yield


def _layers(builders: Sequence[Callable[[], Any]]) -> list[Any]:
    """The layers that they build. Raises `OwnError` for something else."""
    built = [build() for build in builders]
    for layer, build in zip(built, builders, strict=True):
        if not isinstance(layer, keras.layers.Layer):
            raise OwnError(
                f"{getattr(build, '__qualname__', build)} built a {type(layer).__name__}; what a "
                "recipe's augment and mix hold builds a Keras layer"
            )
    return built


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Make the layers in this block compute in Keras' dtype policy of that name."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
