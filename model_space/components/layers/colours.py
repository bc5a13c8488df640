"""Changes of an image's brightness, contrast and colour, shared by the layers that make them."""

from __future__ import annotations

from typing import Any

from keras import ops

from model_space.stages import Tensor

_LUMA = (0.299, 0.587, 0.114)


def grey(images: Tensor) -> Tensor:
    """Return the grey of images, (batch, height, width, 1): the luma of RGB, else the mean."""
    channels = images.shape[-1]
    weights = _LUMA if channels == len(_LUMA) else (1 / channels,) * channels
    return ops.sum(images * ops.array(weights, dtype=images.dtype), axis=-1, keepdims=True)


def away_from(other: Tensor, images: Tensor, factor: Any) -> Tensor:
    """Return what lies between other images and these for a factor below 1, beyond these above."""
    return ops.clip(other + factor * (images - other), 0.0, 1.0)


def brighter(images: Tensor, factor: Any) -> Tensor:
    """Multiply images in [0, 1]; a factor of 0 is black."""
    return away_from(ops.zeros_like(images), images, factor)


def contrasted(images: Tensor, factor: Any) -> Tensor:
    """Move images away from their mean grey; a factor of 0 is that grey."""
    return away_from(ops.mean(grey(images), axis=(1, 2), keepdims=True), images, factor)


def coloured(images: Tensor, factor: Any) -> Tensor:
    """Move images away from their own grey; a factor of 0 is without colour."""
    return away_from(grey(images), images, factor)
