"""Stretching of bytes that lie close together, such as 0 and 1, to the whole range of bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_space.data.arrays import NARROW
from model_space.data.cache import kept

_AT_ONCE = 1000


def narrow_range(images: np.ndarray) -> tuple[int, int] | None:
    """Return the least and the greatest byte, where they lie close together but are not equal."""
    if images.dtype != np.uint8 or not images.size:
        return None
    low, high = int(images.min()), int(images.max())
    return (low, high) if 0 < high - low < NARROW * 256 else None


def stretched(images: np.ndarray, low: int, high: int) -> np.ndarray:
    """Return bytes of which `low` became 0 and `high` 255."""
    steps = (np.arange(256) - low) * (255 / (high - low))
    result: np.ndarray = np.rint(steps.clip(0, 255)).astype(np.uint8)[images]
    return result


def stretched_like(images: np.ndarray, low: int, high: int) -> np.ndarray:
    """Stretch images in memory, or, where they are mapped from the disk, on the disk."""
    if not isinstance(images.base, np.memmap):
        return stretched(images, low, high)

    def fill(target: np.ndarray) -> None:
        for first in range(0, len(images), _AT_ONCE):
            target[first : first + _AT_ONCE] = stretched(
                images[first : first + _AT_ONCE], low, high
            )

    key = f"{Path(str(images.base.filename)).stem}-{low}-{high}"
    return kept(key, images.shape, fill)
