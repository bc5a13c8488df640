"""Averages of a network's weights over the steps of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


class WeightAverages:
    """Exponential moving averages of variables, to be updated after every step.

    At step t, from 0, the momentum is at most (1 + t) / (10 + t), so that an average covers the
    last tenth of a short run, and hardly the initial weights; TensorFlow's
    ExponentialMovingAverage does the same.
    """

    def __init__(self, weights: Sequence[Any], momentum: Any) -> None:
        self._weights, self.momentum = weights, momentum
        self._steps = keras.Variable(0.0, trainable=False, dtype="float32")
        self._averages = [
            keras.Variable(np.asarray(weight.value).copy(), trainable=False, dtype=weight.dtype)
            for weight in weights
        ]

    @property
    def variables(self) -> list[Any]:
        """The averages, and the number of steps that they are of."""
        return [self._steps, *self._averages]

    def update(self) -> None:
        """Take in the weights as they are."""
        steps = ops.convert_to_tensor(self._steps)
        momentum = ops.minimum(ops.convert_to_tensor(self.momentum), (1 + steps) / (10 + steps))
        for average, weight in zip(self._averages, self._weights, strict=True):
            change = ops.subtract(weight, average) * ops.cast(1 - momentum, average.dtype)
            average.assign_add(change)
        self._steps.assign_add(1)

    def in_place(self) -> keras.StatelessScope:
        """Return a context in which the weights have the values of their averages.

        On JAX, it hides the values of all other variables, which inference does not read.
        """
        return keras.StatelessScope(list(zip(self._weights, self._averages, strict=True)))
