"""A network that is traced in a moment. Commands load it from this file, as they do a user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_space.stages import Stages

if TYPE_CHECKING:
    import keras


def build(
    image_shape: tuple[int, ...], classes: int, stages: Stages, *, width: float = 1.0
) -> keras.Model:
    """Make a network of one hidden layer, with dropout's place behind it."""
    import keras  # not in the process that only describes this file
    from keras import layers

    inputs = keras.Input(image_shape)
    x = stages.drop(stages.activate(layers.Dense(round(width * 100))(layers.Flatten()(inputs))))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
