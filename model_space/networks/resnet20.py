"""The residual network of twenty layers for small images, its skips a technique like others.

Source: He et al. 2016, arXiv:1512.03385, section 4.2, with n = 3. The source's network has the
techniques `batch_norm`, `residual` (skips, option A) and `global_pooling` on. Its widths are fixed,
so `late_widening` has nothing to change.
"""

from __future__ import annotations

import keras
from keras import layers

from model_space.stages import Stages, Tensor

_WIDTHS = (16, 32, 64)
_BLOCKS = 3


def build(
    image_shape: tuple[int, ...], classes: int, stages: Stages, *, width: float = 1.0
) -> keras.Model:
    """Return the untrained network; `width` scales the channels of every convolution."""
    blocks = _BLOCKS + stages.more_blocks

    def convolution(x: Tensor, channels: int, strides: int = 1) -> Tensor:
        scaled = max(1, round(width * channels))
        return layers.Conv2D(scaled, 3, strides=strides, padding="same")(x)

    def activate(x: Tensor) -> Tensor:
        return stages.activate(stages.normalise(x))

    inputs = keras.Input(image_shape)
    x = activate(convolution(inputs, _WIDTHS[0]))
    for stage, channels in enumerate(_WIDTHS):
        for block in range(blocks):
            smaller = stage > 0 and block == 0
            y = activate(convolution(x, channels, strides=2 if smaller else 1))
            if smaller:
                y = stages.drop(y)
                x = layers.MaxPooling2D(pool_size=1, strides=2)(x)  # every other pixel
            y = stages.recalibrate(convolution(y, channels))
            y = stages.survive(y, (stage * blocks + block + 1) / (blocks * len(_WIDTHS)))
            x = activate(stages.join(x, y))
    scores = layers.Dense(classes, activation="softmax", dtype="float32")(stages.pool(x))
    return keras.Model(inputs, scores)
