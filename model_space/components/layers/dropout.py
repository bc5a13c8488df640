"""Activations dropped at random, one by one or a whole image's at once."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from model_space.stages import Tensor


class Dropout(layers.Dropout):  # type: ignore[misc]
    """Keras' dropout with a rate, in [0, 1), that may be a variable.

    Keras builds the rate into the graph. Source: Srivastava et al. 2014, JMLR 15.
    """

    def __init__(self, rate: Any) -> None:
        super().__init__(
            float(np.asarray(rate.value) if isinstance(rate, keras.Variable) else rate)
        )
        self._now = (lambda: rate,)  # or it would count among the network's own variables

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Drop a share of `x`, of any shape, in training, and scale the rest to keep its mean."""
        if not training:
            return x
        rate = ops.cast(self._rate(), x.dtype)
        draws = keras.random.uniform(self._drawn(x), dtype=x.dtype, seed=self.seed_generator)
        return ops.where(draws >= rate, x / (1 - rate), ops.zeros_like(x))

    def _rate(self) -> Tensor:
        return ops.convert_to_tensor(self._now[0]())

    def _drawn(self, x: Tensor) -> Any:
        """Return the shape of the random draws for `x`."""
        return ops.shape(x)


class StochasticDepth(Dropout):
    """Drops a block's output, (batch, height, width, channels), of some images altogether.

    The others' is scaled in training, to the same mean, where the source scales it afterwards.
    Source: Huang et al. 2016, arXiv:1603.09382.
    """

    def __init__(self, rate: Any, share: float) -> None:
        """Drop the last block at `rate`, and this one, at `share` of the depth, as seldom as that.

        That is the source's linear rule: a block survives with 1 - share × rate.
        """
        super().__init__(rate)
        self._share = share
        # What Keras' own layer does with these is the same.
        self.rate *= share
        self.noise_shape = None, 1, 1, 1

    def _rate(self) -> Tensor:
        return self._share * super()._rate()

    def _drawn(self, x: Tensor) -> Any:
        return ops.shape(x)[0], 1, 1, 1
