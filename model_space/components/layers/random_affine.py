"""Random rotations, shifts and flips, by one affine map an image."""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from model_space.stages import Tensor


class RandomAffine(layers.Layer):  # type: ignore[misc]
    """Rotates, shifts and flips every image of a batch at random, edges filled.

    One affine map an image interpolates once, where Keras' three layers interpolate twice.
    """

    def __init__(self, degrees: float, shift: float) -> None:
        """Turn by up to `degrees` either way, shift by up to this share of either side."""
        super().__init__()
        self._turn, self._shift = math.radians(degrees), shift
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Move `images`, (batch, height, width, channels); pixels are centred on whole numbers."""
        height, width = images.shape[1:3]
        x, y = (width - 1) / 2, (height - 1) / 2  # the centre of the turn and of the flip
        draws = keras.random.uniform((4, ops.shape(images)[0]), -1.0, 1.0, seed=self.seed_generator)
        turn, across, down, side = ops.unstack(draws, 4)
        across, down = across * self._shift * width, down * self._shift * height
        cos, sin, flip = ops.cos(turn * self._turn), ops.sin(turn * self._turn), ops.sign(side)
        none = ops.zeros_like(sin)
        # Where in the image a pixel of the new one comes from: turned, shifted, flipped.
        rows = [
            flip * cos, -flip * sin, x - flip * (cos * x - sin * y + across),
            sin, cos, y - (sin * x + cos * y + down),
            none, none,
        ]  # fmt: skip
        return ops.image.affine_transform(
            images, ops.stack(rows, axis=1), interpolation="bilinear", fill_mode="nearest"
        )
