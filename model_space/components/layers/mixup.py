"""Mixup of the images and labels of a batch."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from model_space.components.beta import symmetric_beta
from model_space.stages import Tensor


class MixUp(layers.Layer):  # type: ignore[misc]
    """Mixes each image of a batch, and its label alike, with another of the batch.

    Keras' own, number for number, but for JAX, where its weights' draws keep a GPU waiting. Source:
    Zhang et al. 2018, arXiv:1710.09412.
    """

    def __init__(self, alpha: Any) -> None:
        """Weight each image by a draw from Beta(alpha, alpha)."""
        super().__init__()
        self.alpha = alpha
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mix `images`, (batch, height, width, channels), and `labels`, (batch, classes)."""
        images, labels = batch["images"], batch["labels"]
        count = ops.shape(images)[0]
        others = keras.random.shuffle(ops.arange(count, dtype="int32"), seed=self.seed_generator)
        weight = symmetric_beta(count, self.alpha, self.seed_generator)

        def mixed(one: Tensor) -> Tensor:
            share = ops.reshape(weight, (-1,) + (1,) * (len(one.shape) - 1))
            return share * one + (1.0 - share) * ops.take(one, others, axis=0)

        return {"images": mixed(images), "labels": mixed(labels)}
