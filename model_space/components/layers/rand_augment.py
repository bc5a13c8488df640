"""RandAugment, each image by operations of its own."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops

from model_space.components.layers.colours import away_from, brighter, coloured, contrasted
from model_space.stages import Tensor

OPERATIONS = (
    "identity", "autocontrast", "equalize", "rotate", "solarize", "color", "posterize", "contrast",
    "brightness", "sharpness", "shear_x", "shear_y", "translate_x", "translate_y",
)  # fmt: skip
"""The source's fourteen; how far each goes at most is as in AutoAugment (arXiv:1805.09501)."""
AT_ONCE = 2
"""Operations on one image, N in the source."""


class RandAugment(layers.Layer):  # type: ignore[misc]
    """Changes each image by some operations, drawn at random, of one magnitude.

    Keras' own draws the operations once for a whole batch, and builds their range into the graph.
    Source: Cubuk et al. 2020, arXiv:1909.13719.
    """

    def __init__(self, magnitude: Any) -> None:
        """Go as far as `magnitude`, from 0 to 10, says, M in the source."""
        super().__init__()
        self.magnitude = magnitude
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Change `images`, (batch, height, width, channels) in [0, 1]."""
        count = ops.shape(images)[0]
        for _ in range(AT_ONCE):
            drawn = keras.random.randint((count,), 0, len(OPERATIONS), seed=self.seed_generator)
            side = keras.random.uniform((count,), -1.0, 1.0, seed=self.seed_generator)
            images = self.operate(images, drawn, ops.sign(side))
        return images

    def operate(self, images: Tensor, drawn: Tensor, side: Tensor) -> Tensor:
        """Change each image by the operation of that number, (batch,), to one side or the other.

        All operations are done on all images, and each takes its own: a graph has one shape.
        """
        level = ops.convert_to_tensor(self.magnitude) / 10
        is_drawn = {name: drawn == number for number, name in enumerate(OPERATIONS)}
        moves = {
            name: ops.where(is_drawn[name], side * level * most, 0.0)
            for name, most in (
                ("rotate", math.radians(30)), ("shear_x", 0.3), ("shear_y", 0.3),
                ("translate_x", 0.45), ("translate_y", 0.45),
            )
        }  # fmt: skip
        moved = _move(images, **moves)
        further = (1 + side * 0.9 * level)[:, None, None, None]
        kinds = {
            **dict.fromkeys(moves, moved),
            "autocontrast": _autocontrast(images),
            "equalize": _equalize(images),
            "solarize": ops.where(images >= 1 - level, 1 - images, images),
            "posterize": _posterize(images, 2 ** ops.round(4 * level)),
            "color": coloured(images, further),
            "contrast": contrasted(images, further),
            "brightness": brighter(images, further),
            "sharpness": away_from(_smooth(images), images, further),
        }
        changed = images
        for name, result in kinds.items():
            changed = ops.where(is_drawn[name][:, None, None, None], result, changed)
        return changed


def _move(
    images: Tensor,
    rotate: Tensor,
    shear_x: Tensor,
    shear_y: Tensor,
    translate_x: Tensor,
    translate_y: Tensor,
) -> Tensor:
    """Turn, in radians, shear, or shift by a share of the side, filling with grey.

    All are (batch,), and no image does two of them.
    """
    height, width = images.shape[1:3]
    x, y = (width - 1) / 2, (height - 1) / 2
    cos, sin = ops.cos(rotate), ops.sin(rotate)
    across, down = shear_x - sin, shear_y + sin  # how far a column and a row of pixels lean
    none = ops.zeros_like(cos)
    # Where in the image a pixel of the new one comes from.
    rows = [
        cos, across, x - cos * x - across * y - translate_x * width,
        down, cos, y - down * x - cos * y - translate_y * height,
        none, none,
    ]  # fmt: skip
    return ops.image.affine_transform(
        images, ops.stack(rows, axis=1), interpolation="bilinear", fill_mode="constant",
        fill_value=0.5,
    )  # fmt: skip


def _smooth(images: Tensor) -> Tensor:
    """Each pixel with its eight neighbours, of which it weighs five."""
    around = ops.average_pool(images, 3, strides=1, padding="same")
    return (9 * around + 4 * images) / 13


def _autocontrast(images: Tensor) -> Tensor:
    """Stretch every channel of every image to [0, 1]."""
    low = ops.min(images, axis=(1, 2), keepdims=True)
    range_ = ops.max(images, axis=(1, 2), keepdims=True) - low
    return ops.where(range_ > 0, (images - low) / ops.where(range_ > 0, range_, 1.0), images)


def _posterize(images: Tensor, step: Tensor) -> Tensor:
    """Keep every so many of 256 levels."""
    return ops.floor(ops.round(images * 255) / step) * step / 255


def _equalize(images: Tensor) -> Tensor:
    """Give every channel of every image a flat histogram, of 256 levels."""
    count, channels = ops.shape(images)[0], images.shape[-1]
    pixels = images.shape[1] * images.shape[2]
    level = ops.cast(ops.round(images * 255), "int32")
    histogram = ops.arange(count * channels, dtype="int32")
    bins = level + 256 * ops.reshape(histogram, (count, 1, 1, channels))
    bins = ops.reshape(bins, (-1,))
    counts = ops.segment_sum(ops.ones_like(bins), bins, num_segments=count * channels * 256)
    counts = ops.cast(ops.reshape(counts, (-1, 256)), "float32")
    below = ops.cumsum(counts, axis=1)
    # The darkest level that there is becomes 0.
    darkest = ops.min(ops.where(below > 0, below, float(pixels)), axis=1, keepdims=True)
    spread = pixels - darkest
    even = (below - darkest) / ops.where(spread > 0, spread, 1.0)
    levels = ops.arange(256, dtype="float32") / 255
    even = ops.where(spread > 0, even, levels)
    return ops.reshape(ops.take(ops.reshape(even, (-1,)), bins), ops.shape(images))
