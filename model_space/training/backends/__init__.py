"""What differs between the backends that Keras runs on: loops over batches, compiled."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import keras
import numpy as np

from model_space.data import Data
from model_space.data.source import Part
from model_space.training.setup import Made

EVALUATION_BATCH = 500


class Loops(Protocol):
    """The compiled loops of one network, each over many batches in one call.

    Between two steps of Keras' own `fit`, Python takes as long as a small network does to train.
    """

    def put(self, part: Part) -> Any:
        """Bring a shard of images and labels to where the loops run; any thread may."""

    def train(self, shard: Any, first: int, last: int) -> float:
        """Train on the shard's rows from `first` up to `last`; the sum of the batches' losses."""

    def correct(self, shard: Any) -> int:
        """How many images have the label that the network names."""

    def probabilities(self, shard: Any) -> np.ndarray:
        """What the network gives for the classes of every image, (N, classes)."""


def loops(made: Made, data: Data, batch_size: int) -> Loops:
    """The loops of a network for such data, on the backend that Keras runs on."""
    if keras.backend.backend() == "jax":
        from model_space.training.backends.jax import JaxLoops

        return JaxLoops(made, batch_size, EVALUATION_BATCH)
    from model_space.training.backends.tensorflow import TensorFlowLoops

    return TensorFlowLoops(made, data, batch_size, EVALUATION_BATCH)


def making() -> AbstractContextManager[None]:
    """A block in which a `Made` is made."""
    if keras.backend.backend() == "jax":
        return nullcontext()
    from model_space.training.backends.tensorflow import nameless

    return nameless()
