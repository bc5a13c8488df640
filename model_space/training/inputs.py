"""The input of a training step: a batch of images and labels, augmented and mixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from model_space.components.layers import OneOf
from model_space.custom.code import CustomCodeError
from model_space.stages import Stages, Tensor
from model_space.training.batches import as_batch


class TrainingInputs:
    """The layers that augment and mix the training batches of a recipe.

    Each takes its seed from Python's `random` as it is made.
    """

    def __init__(self, stages: Stages, classes: int) -> None:
        """Build the layers. Raises `CustomCodeError` where a stage builds anything else."""
        self.augment, mix = (_layers(stage) for stage in (stages.augment, stages.mix))
        self.mix = [OneOf(mix)] if len(mix) > 1 else mix
        self._classes = classes

    @property
    def layers(self) -> list[Any]:
        """The layers, in the order in which a batch meets them."""
        return [*self.augment, *self.mix]

    def batch(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the batch of these images as `as_batch` makes it, then augmented, then mixed."""
        batch = as_batch(images, labels, self._classes)
        for augment in self.augment:
            batch["images"] = augment(batch["images"], training=True)
        for mix in self.mix:
            batch = mix(batch, training=True)
        return batch


def _layers(builders: Sequence[Callable[[], Any]]) -> list[Any]:
    """Build the layers of a stage. Raises `CustomCodeError` for anything that is no layer."""
    built = [build() for build in builders]
    for layer in built:
        if not isinstance(layer, keras.layers.Layer):
            raise CustomCodeError(
                f"a function in augment or mix built an object of type {type(layer).__name__}; "
                "each must build a Keras layer"
            )
    return built
