"""Layers as Keras has them, for networks that are traced once and trained many times."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from model_space.recipe import Tensor


class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """As Keras' own, but one kernel normalises a batch of images: it is traced in half the time.

    Source: Ioffe & Szegedy 2015, arXiv:1502.03167.
    """

    def call(self, x: Tensor, training: bool | None = None, mask: None = None) -> Tensor:
        """Normalise `x`, (batch, height, width, channels), by its own statistics in training."""
        if not training:
            return super().call(x, training=training, mask=mask)
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
        super().__init__(float(rate.numpy() if isinstance(rate, keras.Variable) else rate))
        self._now = (lambda: rate,)  # or it would count among the network's own variables

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """Drop a share of `x`, of any shape, in training, and scale the rest to keep its mean."""
        if not training:
            return x
        rate = ops.cast(ops.convert_to_tensor(self._now[0]()), x.dtype)
        kept = keras.random.uniform(ops.shape(x), dtype=x.dtype, seed=self.seed_generator) >= rate
        return ops.where(kept, x / (1 - rate), ops.zeros_like(x))
