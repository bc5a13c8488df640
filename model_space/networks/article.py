"""The article's ten-convolution network, made of whatever stages a recipe hands it."""

from __future__ import annotations

import keras
from keras import layers

from model_space.recipe import Recipe, Tensor

_DOWNSAMPLED = (64, 128, 256)


def build(
    image_shape: tuple[int, ...],
    classes: int,
    recipe: Recipe,
    *,
    width: float = 1.0,
    depth: int = 10,
) -> keras.Model:
    """Return the untrained network, from (batch, height, width, channels) to probabilities.

    `width` scales the channels of every convolution. `depth` counts the convolutions, 6b + 4
    with b blocks of two in each of the three stages, to which a recipe may add more.
    """
    blocks, remainder = divmod(depth - 4, 6)
    if blocks < 1 or remainder:
        raise ValueError(f"depth {depth} is not 10, 16, 22, … (6b + 4)")

    blocks += recipe.more_blocks

    def convolution(x: Tensor, channels: int, kernel: int, **options: object) -> Tensor:
        scaled = max(1, round(width * channels))
        return layers.Conv2D(scaled, kernel, **{"padding": "same", **options})(x)

    def activate(x: Tensor) -> Tensor:
        return recipe.activate(recipe.normalise(x))

    inputs = keras.Input(image_shape)
    x = activate(convolution(inputs, 64, 1))
    passed = 0
    for block_width, downsampled in zip(recipe.widths, _DOWNSAMPLED, strict=True):
        for _ in range(blocks):
            passed += 1
            y = activate(convolution(x, block_width, 3))
            y = recipe.recalibrate(convolution(y, block_width, 3))
            y = recipe.survive(y, passed / (blocks * len(recipe.widths)))
            x = activate(recipe.join(x, y))
        x = convolution(x, downsampled, 3, strides=2, padding="valid")
        x = recipe.drop(activate(x))
    # In single precision wherever the rest computes in less: probabilities near 0 and 1 need it.
    scores = layers.Dense(classes, activation="softmax", dtype="float32")(recipe.pool(x))
    return keras.Model(inputs, scores)
