"""Networks rebuilt so that what a layer's call does stands in the place of the layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import keras
from keras import layers

from model_space.custom.code import CustomCodeError
from model_space.stages import Tensor


@cache
def _functional() -> Any:
    """Keras' class of functional models, which has no public name.

    Made when it is first asked for, as making a model starts TensorFlow's threads, and the process
    that forks should have one.
    """
    one = keras.Input((1,))
    return type(keras.Model(inputs=one, outputs=one))


def without_lambdas(network: Any) -> Any:
    """Return a functional model on the same weights with no `Lambda`; it may be the network itself.

    Raises whatever a function raises that takes no symbolic tensor, such as one of TensorFlow's.
    """
    return _without(lambda layer: isinstance(layer, layers.Lambda), network)


def without_custom(network: Any) -> Any:
    """Return a functional model for inference, on the same weights, of layers that Keras knows.

    It may be the network itself. Layers that subclass one of Keras' own stay. Raises
    `CustomCodeError` where a layer has weights of its own, and whatever its call raises where that
    takes no symbolic tensor.
    """
    return _without(_is_unknown, network)


def keras_class(kind: type) -> Any:
    """Return the class of Keras' own that a class is, or subclasses."""
    return next(k for k in kind.__mro__ if k.__module__.split(".")[0] == "keras")


def _is_unknown(layer: Any) -> bool:
    if isinstance(layer, (_functional(), keras.Sequential)):
        return False
    own = keras_class(type(layer)) in (layers.Layer, keras.Model) and not _is_of_keras(layer)
    return own or isinstance(layer, layers.Lambda)


def _is_of_keras(layer: Any) -> bool:
    return type(layer).__module__.split(".")[0] == "keras"


def _without(is_left_out: Callable[[Any], bool], network: Any) -> Any:
    """Rebuild a network with what the calls of some layers do in the place of those layers."""

    def has_some(layer: Any) -> bool:
        return isinstance(layer, layers.Layer) and any(map(is_left_out, layer._flatten_layers()))

    def call(layer: Any, *arguments: Any, training: Any = None, **options: Any) -> Any:
        if training is not None and _takes_training(layer):
            options["training"] = training
        if not has_some(layer):
            return layer(*arguments, **options)
        if is_left_out(layer):
            return _inline(layer, *arguments, **options)
        if isinstance(layer, keras.Sequential):
            [x] = arguments
            for each in layer.layers:
                x = call(each, x, training=training)
            return x
        if not isinstance(layer, _functional()):
            return layer(*arguments, **options)  # some layer of Keras' around one that stays

        def call_within(layer: Any, *arguments: Any, **options: Any) -> Any:
            return call(layer, *arguments, **{"training": training, **options})

        return layer._run_through_graph(
            arguments[0], operation_fn=lambda operation: operation, call_fn=call_within
        )

    while has_some(network):  # again, for what a layer calls may be left out too
        taken = network.inputs[0]
        inputs = keras.Input(batch_shape=taken.shape, dtype=taken.dtype)
        network = keras.Model(inputs, keras.tree.flatten(call(network, inputs))[0])
    return network


def _takes_training(layer: Any) -> bool:
    return "training" in inspect.signature(layer.call).parameters


def _inline(layer: Any, *arguments: Any, **options: Any) -> Tensor:
    """Call a layer on symbolic tensors as a plain function, in inference."""
    within = {
        id(weight) for each in layer._flatten_layers(include_self=False) for weight in each.weights
    }
    if any(id(weight) not in within for weight in layer.weights):
        raise CustomCodeError(
            f"a model with the layer {type(layer).__name__} cannot be saved, because the layer has "
            "weights of its own and nothing could open the file without its code; let layers of "
            "Keras' hold the weights within it, or subclass one that does the same in inference"
        )
    if _takes_training(layer):
        options["training"] = False
    return layer.call(*arguments, **options)
