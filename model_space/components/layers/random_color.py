"""Random brightness, contrast and colour."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from model_space.components.layers.colours import brighter, coloured, contrasted
from model_space.stages import Tensor


class RandomColor(layers.Layer):  # type: ignore[misc]
    """Changes the brightness, then the contrast, then the colour of every image.

    Source: Howard 2013, arXiv:1312.5402, which draws the order too. Grey images have no colour to
    change.
    """

    def __init__(self, strength: Any) -> None:
        """Draw each of the three factors evenly from 1 − `strength` to 1 + `strength`."""
        super().__init__()
        self.strength = strength
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Change `images`, (batch, height, width, channels) in [0, 1]."""
        draws = keras.random.uniform(
            (3, ops.shape(images)[0], 1, 1, 1), -1.0, 1.0, seed=self.seed_generator
        )
        factors = ops.unstack(1 + draws * ops.convert_to_tensor(self.strength), 3)
        for change, factor in zip((brighter, contrasted, coloured), factors, strict=True):
            images = change(images, factor)
        return images
