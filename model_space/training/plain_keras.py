"""A trained network as Keras' own layers alone, so that it loads where kouka is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from model_space.custom.loading import OwnError
from model_space.recipe import Tensor


def plain(network: Any, weights: Sequence[Tensor]) -> Any:
    """A copy of `network` with these weights, in the order of the network's own.

    Each layer of kouka's becomes the one of Keras' that it is made from. In use both do the same.
    Raises `OwnError` for a layer that is made from none of them, as its copy would do nothing.
    """
    copy = keras.models.clone_model(network, clone_function=_plain)
    copy.set_weights(weights)
    return copy


def keras_class(kind: type) -> Any:
    """The class of Keras' own that a class is made from."""
    return next(k for k in kind.__mro__ if k.__module__.split(".")[0] == "keras")


def _plain(layer: Any) -> Any:
    kind = keras_class(type(layer))
    if kind is layers.Layer:
        raise OwnError(
            f"no model can be saved with the layer {type(layer).__name__}, which is made from no "
            "layer of Keras' own: where its code is not, nothing could open it; subclass the Keras "
            "layer that does the same in use, or use keras.ops in the network"
        )
    return kind.from_config(layer.get_config())
