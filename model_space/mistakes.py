"""The mistakes of a network on its test images, packed into a short text and back."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass

import numpy as np

LONGEST = 60_000
"""Characters of a text, which fits a MySQL column of 65,535 bytes."""
_LEVELS = 255
"""Steps in which a probability is kept: each of 0.4 %."""


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The images that a network names wrong, in their order: an array of (mistakes,) each."""

    classes: np.ndarray
    """The images' own classes, as numbers from 0."""
    named: np.ndarray
    """The classes that the network named."""
    probabilities: np.ndarray
    """The probability that it gave to the class that it named, rounded to 0.4 %."""

    @classmethod
    def of(cls, labels: np.ndarray, probabilities: np.ndarray) -> Mistakes:
        """Find the mistakes, given the labels (N,) and the probabilities (N, classes)."""
        named = probabilities.argmax(axis=1)
        rows = np.flatnonzero(named != labels)
        return cls(labels[rows], named[rows], probabilities[rows, named[rows]])

    def pack(self) -> str | None:
        """Pack the mistakes as `N:TEXT`: compressed, in base 64; None where that is too long.

        About 3 characters a mistake, so that up to 15,000 or so are kept.
        """
        sure = np.nan_to_num(self.probabilities)  # NaN of a network that its last step broke
        levels = np.clip(np.rint(_LEVELS * sure), 0, _LEVELS).astype("u1")
        columns = (self.classes.astype("<u2"), self.named.astype("<u2"))
        # The lower and the upper bytes apart, as the upper ones are mostly zero.
        planes = [column.view("u1").reshape(-1, 2).T.tobytes() for column in columns]
        packed = zlib.compress(b"".join([*planes, levels.tobytes()]), 9)
        text = f"{len(levels)}:{base64.b64encode(packed).decode()}"
        return text if len(text) <= LONGEST else None

    @classmethod
    def unpack(cls, text: str) -> Mistakes:
        """Return the mistakes of a text by `pack`; raise `ValueError` for any other text."""
        count, _, packed = text.partition(":")
        try:
            content = zlib.decompress(base64.b64decode(packed, validate=True))
        except (binascii.Error, zlib.error) as error:
            raise ValueError(f"{text[:40]!r} is no packed list of mistakes") from error
        number = int(count)
        if number < 0 or len(content) != 5 * number:
            raise ValueError(f"{text[:40]!r} is not of {number} mistakes")
        planes = np.frombuffer(content, "u1").reshape(5, number).astype(np.int64)
        return cls(planes[0] + 256 * planes[1], planes[2] + 256 * planes[3], planes[4] / _LEVELS)
