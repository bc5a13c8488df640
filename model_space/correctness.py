"""The images that a network names right, packed into a short text and back."""

from __future__ import annotations

import base64
import binascii
import zlib

import numpy as np

MOST_IMAGES = 300_000
"""Of so many, even where they do not compress, the text fits a MySQL column of 65,535 bytes."""


def pack(correct: np.ndarray) -> str | None:
    """Pack booleans (N,) as `N:TEXT`: bits, compressed, in base 64; None for too many."""
    if len(correct) > MOST_IMAGES:
        return None
    bits = zlib.compress(np.packbits(np.asarray(correct, bool)).tobytes(), 9)
    return f"{len(correct)}:{base64.b64encode(bits).decode()}"


def unpack(text: str) -> np.ndarray:
    """Return the booleans (N,) of a text by `pack`; raise `ValueError` for any other text."""
    count, _, packed = text.partition(":")
    try:
        bits = np.frombuffer(zlib.decompress(base64.b64decode(packed, validate=True)), np.uint8)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"{text[:40]!r} is no packed list of images") from error
    images = int(count)
    if images < 0 or len(bits) != -(-images // 8):
        raise ValueError(f"{text[:40]!r} is not of {images} images")
    return np.unpackbits(bits, count=images).astype(bool)
