"""Weight averages in a script: `model_space.components.weight_averages` for Keras' `fit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras


class AveragedWeights(keras.callbacks.Callback):  # type: ignore[misc]
    """Averages the weights over the steps, exponentially, and ends with the averages in place.

    At step t, from 0, the momentum is at most (1 + t) / (10 + t), so that an average covers the
    last tenth of a short run, and hardly the initial weights.
    """

    def __init__(self, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.steps = 0

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Begin with the weights as they are."""
        self.averages = self.model.get_weights()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Take in the weights after a step."""
        momentum = min(self.momentum, (1 + self.steps) / (10 + self.steps))
        for average, weight in zip(self.averages, self.model.get_weights(), strict=True):
            average += (1 - momentum) * (weight - average)  # in place
        self.steps += 1

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Put the averages in the place of the weights."""
        self.model.set_weights(self.averages)
