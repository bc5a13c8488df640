"""What a reader found, before anything is held out: entries that can be decoded later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model_space.data.mel import Spectrogram

Part = tuple[np.ndarray, np.ndarray]
"""Entries (N, …) and their integer labels (N,)."""


Reading = Callable[[int, int], None]
"""Is told how many images or sounds of how many are decoded, each second where that is long."""

Decode = Callable[[np.ndarray, Reading], np.ndarray]
"""Turns entries (N, …) into images (N, height, width, channels), bytes or floats."""


class DataError(ValueError):
    """The data cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Source:
    """A data set whose images or sounds may still be on the disk."""

    classes: tuple[str, ...]
    train: Part
    validation: Part | None
    test: Part | None
    decode: Decode
    sound: Spectrogram | None = None
    """How sounds become images; None where the entries are images."""
    close: Callable[[], None] = lambda: None
    """Lets go of what `decode` needs."""

    @property
    def thing(self) -> str:
        """What an entry is, for messages."""
        return "image" if self.sound is None else "sound"
