"""Mixup of the images and labels of a batch."""

from __future__ import annotations

from keras import ops

from model_space.components.layers.mixing import Mixing
from model_space.stages import Tensor


class MixUp(Mixing):
    """Weights each image of a batch, and its label alike, against another of the batch.

    Keras' own, number for number, but for JAX, where its weights' draws keep a GPU waiting. Source:
    Zhang et al. 2018, arXiv:1710.09412.
    """

    def call(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mix `images`, (batch, height, width, channels), and `labels`, (batch, classes)."""
        images, labels = batch["images"], batch["labels"]
        count = ops.shape(images)[0]
        others, weight = self.others(count), self.shares(count)

        def mixed(one: Tensor) -> Tensor:
            share = ops.reshape(weight, (-1,) + (1,) * (len(one.shape) - 1))
            return share * one + (1.0 - share) * ops.take(one, others, axis=0)

        return {"images": mixed(images), "labels": mixed(labels)}
