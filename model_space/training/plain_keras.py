"""Copies of networks in layers of Keras' own, which load where kouka is not installed."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model_space.custom.code import CustomCodeError
from model_space.custom.error_lines import in_a_line
from model_space.stages import Tensor
from model_space.training.inlining import keras_class, without_custom

_ADVICE = "use layers of Keras' own and functions of keras.ops"


def plain(network: Any, weights: Sequence[Tensor]) -> Any:
    """Copy `network` with these weights, which are in the order of the network's own.

    Each layer of kouka's becomes the layer of Keras' that it subclasses; in inference both do the
    same. A `Lambda`, or a layer of the user's own that subclasses none, becomes what it does in
    inference. Raises `CustomCodeError` where a layer has weights that no file could hold.
    """
    values = {id(own): value for own, value in zip(network.weights, weights, strict=True)}
    known = without_custom(network)
    copy = keras.models.clone_model(known, clone_function=_plain)
    copy.set_weights([values[id(weight)] for weight in known.weights])
    return copy


def check_plain(network: Any) -> None:
    """Raise `CustomCodeError` unless a saved `plain` copy loads and gives the same scores."""
    images = np.random.default_rng(0).random((2, *network.input_shape[1:]), dtype=np.float32)
    try:
        with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
            warnings.simplefilter("ignore", DeprecationWarning)  # of Keras' own use of NumPy
            weights = [keras.ops.convert_to_numpy(weight) for weight in network.weights]
            file = Path(folder) / "model.keras"
            plain(network, weights).save(file)
            loaded = keras.models.load_model(file, compile=False, safe_mode=True)
            found, expected = (
                keras.ops.convert_to_numpy(one(images, training=False)) for one in (loaded, network)
            )
    except CustomCodeError:
        raise
    except Exception as error:  # whatever Keras, or a layer of the user's own, raises
        raise CustomCodeError(
            f"the network cannot be saved as a model ({in_a_line(error)}); {_ADVICE}"
        ) from error
    if not np.allclose(found, expected, atol=1e-3):
        raise CustomCodeError(
            "the network cannot be saved as a model, because a copy in layers of Keras' own gives "
            f"other probabilities; {_ADVICE}"
        )


def _plain(layer: Any) -> Any:
    return keras_class(type(layer)).from_config(layer.get_config())
