"""Small pictures of a study's own images, as text that a page can show."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass

import numpy as np

SIDE = 64
"""Pixels of a picture's longer side, at most; larger images are made smaller."""
SOUND_SIDE = 128
"""As many of a sound's image, which is far longer than it is high."""
_QUALITY = 80
_URL = re.compile(r"data:image/(webp|png|jpeg);base64,[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True)
class Picture:
    """A small image, encoded."""

    url: str
    """A data URL, which holds the image itself."""
    width: int
    """Pixels."""
    height: int

    def __post_init__(self) -> None:
        if not _URL.fullmatch(self.url) or min(self.width, self.height) < 1:
            raise ValueError(f"{self.url[:40]!r} is no image that a page can show")


@dataclass(frozen=True)
class Drawn:
    """A training image as a technique makes it, and the classes that its label then has."""

    picture: Picture
    shares: tuple[tuple[int, float], ...]
    """The classes by number, from 0, with their share of the label; the largest first."""


@dataclass(frozen=True)
class Strip:
    """Some training images as one technique makes them."""

    technique: str
    """Its name; empty for the images as they are."""
    mixes: bool
    """True where the technique mixes images, and so their labels."""
    images: tuple[Drawn, ...]


def picture(image: np.ndarray, *, sound: bool = False) -> Picture:
    """Encode an image (height, width, 1 or 3), bytes or floats in [0, 1], made smaller if need be.

    Low pitches of a sound's image, which come first, are drawn at the bottom.
    """
    from PIL import Image

    pixels = image if image.dtype == np.uint8 else _bytes(image)
    pixels = pixels[::-1] if sound else pixels
    drawn = Image.fromarray(
        np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    )
    side = SOUND_SIDE if sound else SIDE
    if max(drawn.size) > side:
        drawn.thumbnail((side, side), Image.Resampling.LANCZOS)
    encoded = min(_encoded(drawn, lossless=True), _encoded(drawn, quality=_QUALITY), key=len)
    return Picture(f"data:image/webp;base64,{base64.b64encode(encoded).decode()}", *drawn.size)


def _bytes(image: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(255 * np.clip(image, 0, 1)), np.uint8)


def _encoded(image: object, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, "WEBP", **options)  # type: ignore[attr-defined]
    return content.getvalue()
