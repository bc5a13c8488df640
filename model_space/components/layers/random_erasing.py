"""Random erasing, by area and shape."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from model_space.stages import Tensor

AREA = 0.02, 0.4
"""The least and the most of an image that is erased, as in the source."""
ASPECT = 0.3, 1 / 0.3
"""Height by width of what is erased, as in the source."""


class RandomErasing(layers.Layer):  # type: ignore[misc]
    """Fills a rectangle of some images with noise.

    Keras' own draws the two sides apart, so that neither area nor shape is as in the source, and
    fills half of the pixels with black. Source: Zhong et al. 2020, arXiv:1708.04896, which draws
    anew what does not fit into the image; here the shape is drawn among those that do.
    """

    def __init__(self, probability: Any) -> None:
        super().__init__()
        self.probability = probability
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Erase in `images`, (batch, height, width, channels); noise is uniform in [0, 1]."""
        height, width = images.shape[1:3]
        count = ops.shape(images)[0]
        draws = keras.random.uniform((5, count), seed=self.seed_generator)
        chance, area, shape, top, left = ops.unstack(draws, 5)
        area = AREA[0] + area * (AREA[1] - AREA[0])
        # No flatter than what is as wide as the image, no narrower than what is as high.
        flattest, narrowest = area * height / width, height / width / area
        low, high = (ops.minimum(ops.maximum(a, flattest), narrowest) for a in ASPECT)
        aspect = low + shape * (high - low)
        pixels = area * height * width
        rows = ops.clip(ops.round(ops.sqrt(pixels * aspect)), 1, height)
        columns = ops.clip(ops.round(ops.sqrt(pixels / aspect)), 1, width)
        box = _span(height, rows, top)[:, :, None] & _span(width, columns, left)[:, None, :]
        erased = box & (chance < ops.convert_to_tensor(self.probability))[:, None, None]
        noise = keras.random.uniform(ops.shape(images), seed=self.seed_generator)
        return ops.where(erased[..., None], noise, images)


def _span(length: int, size: Tensor, at: Tensor) -> Tensor:
    """Mask `size` pixels of a side, (batch, length), at a place in [0, 1)."""
    first = ops.floor(at * (length - size + 1))[:, None]
    places = ops.arange(length, dtype="float32")
    return (places >= first) & (places < first + size[:, None])
