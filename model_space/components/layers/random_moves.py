"""Random flips, shifts, rotations and crops of images, each image by draws of its own.

Keras' own layers of these kinds build their range into the graph, where a dial may be a variable.
Pixels are centred on whole numbers, and what lies beyond an edge is filled from that edge.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops

from model_space.stages import Tensor

CROP_ASPECT = 3 / 4, 4 / 3
"""Width by height of a crop beside that of the image: the least and the most, as in the source."""


class RandomFlip(layers.Layer):  # type: ignore[misc]
    """Mirrors some images, left to right."""

    def __init__(self, probability: Any) -> None:
        super().__init__()
        self.probability = probability
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Mirror in `images`, (batch, height, width, channels)."""
        drawn = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=self.seed_generator)
        mirrored = drawn < ops.convert_to_tensor(self.probability)
        return ops.where(mirrored, ops.flip(images, axis=2), images)


class RandomShift(layers.Layer):  # type: ignore[misc]
    """Shifts every image across and down, by shares of its sides."""

    def __init__(self, share: Any) -> None:
        """Shift by up to this share of either side, either way."""
        super().__init__()
        self.share = share
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Shift `images`, (batch, height, width, channels)."""
        height, width = images.shape[1:3]
        draws = keras.random.uniform((2, ops.shape(images)[0]), -1.0, 1.0, seed=self.seed_generator)
        across, down = ops.unstack(draws * ops.convert_to_tensor(self.share), 2)
        one = ops.ones_like(across)
        return _moved(images, (one, 0 * one, -across * width), (0 * one, one, -down * height))


class RandomRotation(layers.Layer):  # type: ignore[misc]
    """Turns every image about its centre."""

    def __init__(self, degrees: Any) -> None:
        """Turn by up to `degrees`, either way."""
        super().__init__()
        self.degrees = degrees
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Turn `images`, (batch, height, width, channels)."""
        height, width = images.shape[1:3]
        x, y = (width - 1) / 2, (height - 1) / 2
        drawn = keras.random.uniform((ops.shape(images)[0],), -1.0, 1.0, seed=self.seed_generator)
        turn = drawn * ops.convert_to_tensor(self.degrees) * (math.pi / 180)
        cos, sin = ops.cos(turn), ops.sin(turn)
        return _moved(images, (cos, -sin, x - cos * x + sin * y), (sin, cos, y - sin * x - cos * y))


class RandomCrop(layers.Layer):  # type: ignore[misc]
    """Cuts a part out of every image, and stretches it to the image's size.

    Keras' own cuts parts of one size. Source: Szegedy et al. 2015, arXiv:1409.4842.
    """

    def __init__(self, cut: Any) -> None:
        """Cut away up to this share of the area."""
        super().__init__()
        self.cut = cut
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Crop `images`, (batch, height, width, channels)."""
        height, width = images.shape[1:3]
        draws = keras.random.uniform((4, ops.shape(images)[0]), seed=self.seed_generator)
        area, shape, left, top = ops.unstack(draws, 4)
        area = 1 - area * ops.convert_to_tensor(self.cut)
        low, high = math.log(CROP_ASPECT[0]), math.log(CROP_ASPECT[1])
        aspect = ops.exp(low + shape * (high - low))
        across = ops.minimum(ops.sqrt(area * aspect), 1.0)
        down = ops.minimum(ops.sqrt(area / aspect), 1.0)
        none = ops.zeros_like(area)
        # The part's first pixel, and half a pixel, as pixels are centred on whole numbers.
        x = left * (1 - across) * width + across / 2 - 0.5
        y = top * (1 - down) * height + down / 2 - 0.5
        return _moved(images, (across, none, x), (none, down, y))


def _moved(
    images: Tensor, x: tuple[Tensor, Tensor, Tensor], y: tuple[Tensor, Tensor, Tensor]
) -> Tensor:
    """Take each pixel from another place.

    Three numbers, (batch,) each, make the place's x, and three its y: what the pixel's own x and
    y are multiplied by, and what is added.
    """
    none = ops.zeros_like(x[0])
    return ops.image.affine_transform(
        images, ops.stack([*x, *y, none, none], axis=1), interpolation="bilinear",
        fill_mode="nearest",
    )  # fmt: skip
