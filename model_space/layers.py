"""Keras layers whose dials may change between runs of a network that is traced once."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from model_space.recipe import Tensor


class Dropout(layers.Layer):  # type: ignore[misc]
    """As Keras' own, but its rate, in [0, 1), may be a variable.

    Keras builds the rate into the graph. Source: Srivastava et al. 2014, JMLR 15.
    """

    def __init__(self, rate: Any) -> None:
        super().__init__()
        self._rate = (lambda: rate,)  # or it would count among the network's own variables
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Drop a share of `x`, of any shape, in training, and scale the rest to keep its mean."""
        if not training:
            return x
        rate = ops.cast(ops.convert_to_tensor(self._rate[0]()), x.dtype)
        kept = keras.random.uniform(ops.shape(x), dtype=x.dtype, seed=self.seed_generator) >= rate
        return ops.where(kept, x / (1 - rate), ops.zeros_like(x))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape that goes in."""
        return shape
