"""Copies of networks in layers of Keras' own, which load where kouka is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from model_space.custom.code import CustomCodeError
from model_space.stages import Tensor


def plain(network: Any, weights: Sequence[Tensor]) -> Any:
    """Copy `network` with these weights, which are in the order of the network's own.

    Each layer of kouka's becomes the layer of Keras' that it subclasses; in inference both do the
    same. Raises `CustomCodeError` for a layer that subclasses none, as its copy would do nothing.
    """
    copy = keras.models.clone_model(network, clone_function=_plain)
    copy.set_weights(weights)
    return copy


def keras_class(kind: type) -> Any:
    """Return the class of Keras' own that a class is, or subclasses."""
    return next(k for k in kind.__mro__ if k.__module__.split(".")[0] == "keras")


def _plain(layer: Any) -> Any:
    kind = keras_class(type(layer))
    if kind is layers.Layer:
        raise CustomCodeError(
            f"a model with the layer {type(layer).__name__} cannot be saved, because it subclasses "
            "no layer of Keras' own and nothing could open the file without its code; subclass "
            "the Keras layer that does the same in inference, or use keras.ops in the network"
        )
    return kind.from_config(layer.get_config())
