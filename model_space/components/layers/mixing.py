"""Mixing of each image of a batch with another of it."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from model_space.components.beta import symmetric_beta
from model_space.stages import Tensor


class Mixing(layers.Layer):  # type: ignore[misc]
    """Draws a share for each image of a batch, and another image to mix it with."""

    def __init__(self, alpha: Any) -> None:
        """Draw shares from Beta(alpha, alpha)."""
        super().__init__()
        self.alpha = alpha
        self.seed_generator = keras.random.SeedGenerator()

    def shares(self, count: Any) -> Tensor:
        """Draw the share that stays of each image, (count,)."""
        return symmetric_beta(count, self.alpha, self.seed_generator)

    def others(self, count: Any) -> Tensor:
        """Draw the row of each image's other, (count,): every row once."""
        return keras.random.shuffle(ops.arange(count, dtype="int32"), seed=self.seed_generator)
