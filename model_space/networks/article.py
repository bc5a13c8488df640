"""The article's network of ten convolutions, which calls the stages it is given."""

from __future__ import annotations

import keras
from keras import layers

from model_space.stages import Stages, Tensor

_DOWNSAMPLED = (64, 128, 256)


def build(
    image_shape: tuple[int, ...],
    classes: int,
    stages: Stages,
    *,
    width: float = 1.0,
    depth: int = 10,
) -> keras.Model:
    """Return the untrained network, from (batch, height, width, channels) to probabilities.

    `width` scales the channels of every convolution. `depth` counts the convolutions, 6b + 4
    with b blocks of two in each of the three stages of the network; `stages.more_blocks` adds more.
    Raises `ValueError` for any other depth.
    """
    blocks, remainder = divmod(depth - 4, 6)
    if blocks < 1 or remainder:
        raise ValueError(f"depth {depth} is not 10, 16, 22, … (6b + 4)")

    blocks += stages.more_blocks

    def convolution(x: Tensor, channels: int, kernel: int, **options: object) -> Tensor:
        scaled = max(1, round(width * channels))
        return layers.Conv2D(scaled, kernel, **{"padding": "same", **options})(x)

    def activate(x: Tensor) -> Tensor:
        return stages.activate(stages.normalise(x))

    inputs = keras.Input(image_shape)
    x = activate(convolution(inputs, 64, 1))
    passed = 0
    for block_width, downsampled in zip(stages.widths, _DOWNSAMPLED, strict=True):
        for _ in range(blocks):
            passed += 1
            y = activate(convolution(x, block_width, 3))
            y = stages.recalibrate(convolution(y, block_width, 3))
            y = stages.survive(y, passed / (blocks * len(stages.widths)))
            x = activate(stages.join(x, y))
        x = convolution(x, downsampled, 3, strides=2, padding="valid")
        x = stages.drop(activate(x))
    # In single precision wherever the rest computes in less: probabilities near 0 and 1 need it.
    scores = layers.Dense(classes, activation="softmax", dtype="float32")(stages.pool(x))
    return keras.Model(inputs, scores)
