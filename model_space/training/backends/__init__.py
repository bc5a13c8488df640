"""Compiled loops over batches, one module for each backend that Keras runs on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import keras
import numpy as np

from model_space.data import Data
from model_space.data.source import Part
from model_space.training.setup import TrainingSetup

EVALUATION_BATCH = 500


class Loops(Protocol):
    """The compiled loops of one network, each over many batches in one call.

    Between two steps of Keras' own `fit`, Python takes as long as a small network does to train.
    """

    def put(self, part: Part) -> Any:
        """Bring a shard of images and labels to where the loops run; any thread may."""

    def train(self, shard: Any, first: int, last: int) -> float:
        """Train on the shard's rows from `first` up to `last`; return the sum of batch losses."""

    def correct(self, shard: Any) -> np.ndarray:
        """Return booleans (N,): the images whose likeliest class is their label."""

    def probabilities(self, shard: Any) -> np.ndarray:
        """Return the probabilities of the classes for every image, (N, classes)."""


def loops(setup: TrainingSetup, data: Data, batch_size: int) -> Loops:
    """Return the loops of a network, on the backend that Keras runs on.

    The images will have the shape and type of those in `data`.
    """
    if keras.backend.backend() == "jax":
        from model_space.training.backends.jax import JaxLoops

        return JaxLoops(setup, batch_size, EVALUATION_BATCH)
    from model_space.training.backends.tensorflow import TensorFlowLoops

    return TensorFlowLoops(setup, data, batch_size, EVALUATION_BATCH)


def making() -> AbstractContextManager[None]:
    """Return the context in which a `TrainingSetup` must be made."""
    if keras.backend.backend() == "jax":
        from model_space.training.backends.threefry import compile_sooner

        compile_sooner()  # before the initial weights are drawn
        return nullcontext()
    from model_space.training.backends.tensorflow import nameless

    return nameless()


def compiled_batches(setup: TrainingSetup, part: Part) -> list[dict[str, Any]]:
    """Return two training batches of the same images, as one compiled step makes them.

    None, in an empty list, where compiling takes more than a batch, as on JAX.
    """
    if keras.backend.backend() == "jax":
        return []
    from model_space.training.backends import tensorflow

    return tensorflow.compiled_batches(setup, part)
