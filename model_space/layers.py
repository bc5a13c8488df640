"""Layers as Keras has them, for networks that are traced once and trained many times."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from model_space.recipe import Tensor


class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """As Keras' own, but one of TensorFlow's kernels normalises a batch, where Keras runs on it.

    It is traced in half the time. Source: Ioffe & Szegedy 2015, arXiv:1502.03167.
    """

    def call(self, x: Tensor, training: bool | None = None, mask: None = None) -> Tensor:
        """Normalise `x`, (batch, height, width, channels), by its own statistics in training."""
        if not training or keras.backend.backend() != "tensorflow":
            return super().call(x, training=training, mask=mask)
        import tensorflow as tf

        y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=x, scale=self.gamma, offset=self.beta, mean=[], variance=[], epsilon=self.epsilon,
            is_training=True,
        )  # fmt: skip
        # The kernel's variance is the unbiased one; Keras averages that of the batch as it is.
        count = tf.cast(tf.size(x) / tf.shape(x)[-1], variance.dtype)
        for average, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance * (count - 1) / count),
        ):
            average.assign_sub((average - value) * (1 - self.momentum))
        return y


class Dropout(layers.Dropout):  # type: ignore[misc]
    """As Keras' own, but its rate, in [0, 1), may be a variable.

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
        rate = ops.cast(ops.convert_to_tensor(self._now[0]()), x.dtype)
        kept = keras.random.uniform(ops.shape(x), dtype=x.dtype, seed=self.seed_generator) >= rate
        return ops.where(kept, x / (1 - rate), ops.zeros_like(x))


class RandomAffine(layers.Layer):  # type: ignore[misc]
    """Turns, shifts and flips every image of a batch at random; edges fill what comes in.

    One affine map an image, and so one interpolation, where Keras' three layers do two.
    """

    def __init__(self, degrees: float, shift: float) -> None:
        """Turn by up to `degrees` either way, shift by up to this share of either side."""
        super().__init__()
        self._turn, self._shift = math.radians(degrees), shift
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Tensor) -> Tensor:
        """Move `images`, (batch, height, width, channels); pixels are centred on whole numbers."""
        height, width = images.shape[1:3]
        x, y = (width - 1) / 2, (height - 1) / 2  # the centre of the turn and of the flip
        draws = keras.random.uniform((4, ops.shape(images)[0]), -1.0, 1.0, seed=self.seed_generator)
        turn, across, down, side = ops.unstack(draws, 4)
        across, down = across * self._shift * width, down * self._shift * height
        cos, sin, flip = ops.cos(turn * self._turn), ops.sin(turn * self._turn), ops.sign(side)
        none = ops.zeros_like(sin)
        # Where in the image a pixel of the new one comes from: turned, shifted, flipped.
        rows = [
            flip * cos, -flip * sin, x - flip * (cos * x - sin * y + across),
            sin, cos, y - (sin * x + cos * y + down),
            none, none,
        ]  # fmt: skip
        return ops.image.affine_transform(
            images, ops.stack(rows, axis=1), interpolation="bilinear", fill_mode="nearest"
        )
