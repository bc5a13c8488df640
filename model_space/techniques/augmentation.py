"""Random rotations, shifts and flips of the training images."""

import math
import random
from dataclasses import replace

from model_space.recipe import ImageStage, Recipe, Tensor
from model_space.technique import Technique

_TURN = math.radians(20)
_SHIFT = 0.2


def _augment() -> ImageStage:
    """One affine map an image, and so one interpolation: Keras' three layers would do two."""
    import tensorflow as tf

    with tf.device("CPU"):  # where the batches are made
        draws = tf.random.Generator.from_seed(random.getrandbits(31))

    def augment(images: Tensor) -> Tensor:
        count, height, width = tf.unstack(tf.shape(images)[:3])
        turn, across, down, side = tf.unstack(draws.uniform((4, count), -1.0, 1.0))
        size_x, size_y = tf.cast(width, tf.float32), tf.cast(height, tf.float32)
        x, y = (size_x - 1) / 2, (size_y - 1) / 2  # the centre of the turn and of the flip
        across, down = across * _SHIFT * size_x, down * _SHIFT * size_y
        cos, sin, flip = tf.cos(turn * _TURN), tf.sin(turn * _TURN), tf.sign(side)
        # Where in the image a pixel of the new one comes from: turned, shifted, flipped.
        rows = [
            flip * cos, -flip * sin, x - flip * (cos * x - sin * y + across),
            sin, cos, y - (sin * x + cos * y + down),
        ]  # fmt: skip
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.stack([*rows, tf.zeros_like(sin), tf.zeros_like(sin)], axis=1),
            output_shape=tf.stack([height, width]),
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="NEAREST",
        )

    return augment


def augmentation(recipe: Recipe) -> Recipe:
    """Turn the article's image augmentation on."""
    return replace(recipe, augment=_augment)


TECHNIQUE = Technique(
    name="augmentation",
    changes="training images: rotated ±20°, shifted ±20 %, flipped left-right, edges filled",
    source="the article",
    apply=augmentation,
)
