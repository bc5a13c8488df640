"""The networks of `keras.applications`, as functions that call the stages they are given."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from model_space.pretrained.catalogue import SMALLEST, Application
from model_space.pretrained.weights import WeightsError
from model_space.stages import Stages
from model_space.techniques.batch_norm import MOMENTUM


class ImagesError(ValueError):
    """A network cannot take the images; the message says why, and what to do."""


@dataclass(frozen=True)
class Network:
    """Builds a network of `keras.applications`, with one layer for the classes on top.

    Of the stages it calls `drop`, before that layer, and reads `pretrained` and `frozen_base` where
    there are weights. All else inside is as Keras has it.
    """

    application: Application
    weights: Path | None
    """The weights that it begins with where `pretrained` is on; None where there are none."""

    def __call__(self, image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
        """Return the network, from images in [0, 1] to probabilities.

        Grey images are given to its three channels alike. A base that is frozen is in inference
        mode while the rest trains. Raises `ImagesError` for images that it does not take, and
        `WeightsError` where the file has other weights than it needs.
        """
        self._check(image_shape)
        height, width, channels = image_shape
        pretrained, frozen = self.begins(stages)
        inputs = keras.Input(image_shape)
        x = layers.Concatenate()([inputs] * 3) if channels == 1 else inputs
        x = layers.Rescaling(self.application.scale, self.application.offset)(x)
        base = self._base((height, width, 3))
        if self.weights is not None and pretrained:
            base.set_weights(_read(self.application, self.weights))
        if frozen:
            _freeze(base)
        x = stages.drop(layers.GlobalAveragePooling2D()(base(x)))
        # In single precision wherever the rest computes in less, as in the other networks.
        scores = layers.Dense(classes, activation="softmax", dtype="float32")(x)
        return keras.Model(inputs, scores)

    def begins(self, stages: Stages) -> tuple[bool, bool]:
        """Return whether the base has weights to begin with, and whether these stay as they are.

        Weights that are drawn at random are never frozen.
        """
        if self.weights is None:
            return False, False
        pretrained, frozen = stages.pretrained, stages.frozen_base
        return pretrained, pretrained and frozen

    def _check(self, image_shape: tuple[int, ...]) -> None:
        height, width, channels = image_shape
        if min(height, width) < SMALLEST:
            raise ImagesError(
                f"--network {self.application.name} takes images of {SMALLEST}×{SMALLEST} pixels "
                f"or more, and these have {height}×{width}; --image-size {SMALLEST} resizes images"
            )
        if channels not in (1, 3):
            raise ImagesError(
                f"--network {self.application.name} takes grey images or RGB, and these have "
                f"{channels} channels"
            )

    def _base(self, image_shape: tuple[int, int, int]) -> Any:
        base = _made(self.application, image_shape)
        for layer in base.layers:
            if isinstance(layer, layers.BatchNormalization):
                # Keras' 0.99 and 0.999 suit runs of many thousand steps: in shorter ones,
                # validation would show how far the averages lag behind.
                layer.momentum = MOMENTUM
        return base


def base_of(network: keras.Model) -> Any:
    """Return what Keras has made, in a network that `Network` has built."""
    return next(layer for layer in network.layers if isinstance(layer, keras.Model))


def _freeze(base: Any) -> None:
    """Keep the weights as they are, and the layers in inference mode while the rest trains.

    Calling the base with `training=False` would not do: a model hands on its own mode.
    """
    base.trainable = False  # with which batch normalization takes its averages
    for layer in base.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0


def _made(application: Application, image_shape: tuple[int, int, int]) -> Any:
    make = getattr(keras.applications, application.name)
    return make(include_top=False, weights=None, input_shape=image_shape)


@cache  # as every run begins with them again
def _read(application: Application, file: Path) -> list[np.ndarray]:
    """Return the arrays in a file, in the order of the network's weights.

    A .keras file may hold the network with further layers on top, as one that kouka train wrote.
    No code in a file is run. Raises `WeightsError` where there are other weights in it.
    """
    # Layers draw seeds as they are made, and a run that is not the first must draw the same.
    drawn = random.getstate()
    base = _made(application, (SMALLEST, SMALLEST, 3))
    try:
        if file.suffix == ".keras":
            model = keras.models.load_model(file, compile=False, safe_mode=True)
            base.set_weights(model.get_weights()[: len(base.weights)])
        else:
            base.load_weights(file)
    except Exception as error:  # Keras raises all kinds, as a file happens to mislead it
        raise WeightsError(
            f"the weights in {file} are not those of {application.name} without its last layer; "
            f"--weights takes a file of keras.applications.{application.name}(include_top=False), "
            "or a .keras model that begins with it"
        ) from error
    finally:
        random.setstate(drawn)
    arrays: list[np.ndarray] = base.get_weights()
    return arrays
