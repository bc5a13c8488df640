"""What a reader found, before anything is held out: entries that can be decoded later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Part = tuple[np.ndarray, np.ndarray]
"""Entries (N, …) and their integer labels (N,)."""


Reading = Callable[[int, int], None]
"""Is told how many images of how many are decoded, every second or so where that takes long."""


class DataError(ValueError):
    """The data cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Source:
    """A data set whose images may still be on the disk."""

    classes: tuple[str, ...]
    train: Part
    validation: Part | None
    test: Part | None
    decode: Callable[[np.ndarray, Reading], np.ndarray]
    """Turns entries (N, …) into images (N, height, width, channels), bytes or floats."""
