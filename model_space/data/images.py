"""Decoding of image files, all to one size, and all to colour or all to grey."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

import numpy as np
from PIL import Image

from model_space.data.files import decoded
from model_space.data.source import DataError, Decoder, Progress

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")

File = str | BinaryIO
"""A file's name, or its content."""


def image_decoder(first: str, image_size: int | None) -> Decoder:
    """Return a decoder of image files, to the kind and size of the first of them.

    Images become RGB, or grey where the first is grey, and have the size of the first, or
    `image_size` pixels a side. Raises `DataError` where the first is broken.
    """
    with _open(first) as image:
        mode = "L" if image.mode in ("1", "L", "LA", "I;16", "I") else "RGB"
        size = (image_size, image_size) if image_size else image.size
    shape = size[1], size[0], 1 if mode == "L" else 3

    def decode(files: np.ndarray, reading: Progress) -> np.ndarray:
        return decoded(
            files, partial(decode_image, mode=mode, size=size), (mode, size), shape, reading
        )

    return decode


def size_of(file: File) -> tuple[int, int]:
    """Return an image's width and height; raises `DataError`."""
    with _open(file) as image:
        return image.size


def _open(file: File) -> Image.Image:
    try:
        return Image.open(file)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise _corrupt(file) from error


def decode_image(file: File, mode: str, size: tuple[int, int]) -> np.ndarray:
    """Decode a file into an image (height, width, channels), bytes.

    `mode` is Pillow's, L or RGB, and `size` width and height. Raises `DataError`.
    """
    try:
        with _open(file) as image:
            return pixels(image, mode, size)
    except (OSError, ValueError, SyntaxError) as error:
        if isinstance(error, DataError):
            raise
        raise _corrupt(file) from error


def pixels(image: Image.Image, mode: str, size: tuple[int, int]) -> np.ndarray:
    """An image's bytes (height, width, channels).

    `mode` is Pillow's, L or RGB, and `size` width and height.
    """
    if image.mode.startswith("I"):  # 16 bits; Pillow's own conversion would clip them
        image = Image.fromarray((np.asarray(image) // 256).astype(np.uint8))
    image = image.convert(mode)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(image)
    return array if array.ndim == 3 else array[..., np.newaxis]


def resized(images: np.ndarray, size: int | None) -> np.ndarray:
    """Resize images (N, height, width, channels) to `size` pixels a side, unless that is None."""
    if size is None or images.shape[1:3] == (size, size):
        return images
    result = np.empty((len(images), size, size, images.shape[-1]), images.dtype)
    for image, target in zip(images, result, strict=True):
        for channel in range(images.shape[-1]):
            plane = Image.fromarray(image[..., channel])
            target[..., channel] = plane.resize((size, size), Image.Resampling.BILINEAR)
    return result


def _corrupt(file: File) -> DataError:
    return DataError(f"{file} cannot be read as an image; repair or remove it")
