"""Masks over bands of frequency and of time."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from model_space.stages import Tensor

MASKS = 2
"""Masks of each kind, as in the source's policies LD, SM and SS."""
FREQUENCY = 27 / 80
"""The most that one masks of the mel bands: 27 of 80, as in policies LB and LD."""


class SpecAugment(layers.Layer):  # type: ignore[misc]
    """Masks bands of frequency and of time of log-mel images: height is frequency, width is time.

    Masks have the image's mean, which in the source is zero. The source's time warping is left
    out, as it has the least effect of the three. Source: Park et al. 2019, arXiv:1904.08779.
    """

    def __init__(self, time: Any) -> None:
        """Mask up to this share of the time by one mask, p in the source."""
        super().__init__()
        self.time = time
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Mask `images`, (batch, frequencies, times, channels)."""
        mean = ops.mean(images, axis=(1, 2), keepdims=True)
        time = ops.convert_to_tensor(self.time)
        for _ in range(MASKS):
            frequencies = self._band(images, images.shape[1], FREQUENCY)[:, :, None, None]
            times = self._band(images, images.shape[2], time)[:, None, :, None]
            images = ops.where(frequencies | times, mean, images)
        return images

    def _band(self, images: Tensor, length: int, share: Any) -> Tensor:
        """Draw a mask over a side, (batch, length), of a width that is uniform from 0."""
        most = ops.floor(share * length)
        draws = keras.random.uniform((2, ops.shape(images)[0], 1), seed=self.seed_generator)
        width = ops.floor(draws[0] * (most + 1))
        first = ops.floor(draws[1] * (length - width + 1))
        places = ops.arange(length, dtype="float32")
        return (places >= first) & (places < first + width)
