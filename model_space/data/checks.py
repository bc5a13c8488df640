"""Checks of decoded images for what can hardly be meant: no contrast, or the same in two parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from model_space.data.source import Part

_AT_ONCE = 100
"""Images that are in memory at once."""
_SAMPLE, _VALUES = 1000, 20_000_000
"""Training images, and values of these, at most, between which the spread is estimated."""
_FAINT = 0.05
"""The share of the range below which hardly anything is to be seen."""


@dataclass(frozen=True)
class Checks:
    """The values of the images, and the images that stand out."""

    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """The least and the greatest value in each part that has images: 0 to 255 where they are
    bytes, and 0 to 1 otherwise."""
    spread: float = 1.0
    """The standard deviation of a pixel's values between training images, as a share of the
    range, over all pixels (root mean square)."""
    uniform: int = 0
    """Images of which all pixels have one colour, such as silence."""
    faint: int = 0
    """Images whose values, though not of one colour, lie within a twentieth of the range in each
    channel."""
    repeated: Mapping[str, int] = field(default_factory=dict)
    """Images of `validation` and of `test` that are also among those before them, by part;
    uniform ones do not count."""
    contradicting: int = 0
    """Different images that occur in more than one class, be it in other parts."""
    contradicting_files: tuple[str, ...] = ()
    """Two files of one of them, of two classes; empty where the data are no files."""


def check(parts: Mapping[str, Part], file_of: Callable[[str, int], str] | None = None) -> Checks:
    """Check the images and labels of `train`, `validation` and `test`; reads every image once.

    `file_of` names the file of an image by its part and place there, if the data are files.
    """
    classes: dict[bytes, set[int]] = {}
    found: dict[str, list[bytes | None]] = {}
    ranges, repeated = {}, {}
    uniform = faint = 0
    for part, (images, labels) in parts.items():
        if not len(images):
            continue
        least, most = _extremes(images)
        ranges[part] = float(least.min()), float(most.max())
        same = (most == least).all(axis=1)
        uniform += int(same.sum())
        faint += int((~same & _within_little(images, least, most)).sum())
        found[part] = digests = _digests(images, same)
        if part != "train":
            repeated[part] = sum(digest in classes for digest in digests)
        for digest, label in zip(digests, labels.tolist(), strict=True):
            if digest is not None:
                classes.setdefault(digest, set()).add(label)
    contradicting = [digest for digest, labels in classes.items() if len(labels) > 1]
    files: tuple[str, ...] = ()
    if contradicting and file_of is not None:
        at = _of_two_classes(contradicting[0], found, parts)
        files = tuple(file_of(part, place) for part, place in at)
    spread = _spread(parts["train"][0])
    return Checks(ranges, spread, uniform, faint, repeated, len(contradicting), files)


def _of_two_classes(
    digest: bytes, found: Mapping[str, Sequence[bytes | None]], parts: Mapping[str, Part]
) -> list[tuple[str, int]]:
    """Return the part and the place of the first image of a digest, and of one of another class."""
    first: dict[int, tuple[str, int]] = {}
    for part, digests in found.items():
        labels = parts[part][1]
        for place, one in enumerate(digests):
            if one == digest:
                first.setdefault(int(labels[place]), (part, place))
    return list(first.values())[:2]


def hardly_seen(images: np.ndarray) -> np.ndarray:
    """Tell which images (N, …) are uniform, or nearly so: an array (N,)."""
    return _within_little(images, *_extremes(images))


def _within_little(images: np.ndarray, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    little: np.ndarray = most - least < _FAINT * _scale(images)
    return np.asarray(little.all(axis=1))


def _extremes(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest values of each image, by channel: arrays (N, channels)."""
    return images.min(axis=(1, 2)), images.max(axis=(1, 2))


def _digests(images: np.ndarray, uniform: np.ndarray) -> list[bytes | None]:
    """Return a digest of each image; None of those that are uniform."""
    digests: list[bytes | None] = []
    for first in range(0, len(images), _AT_ONCE):
        rows = np.ascontiguousarray(images[first : first + _AT_ONCE])
        rows = rows.reshape(len(rows), -1)
        digests += [
            None if same else blake2b(row.data, digest_size=16).digest()
            for row, same in zip(rows, uniform[first : first + _AT_ONCE].tolist(), strict=True)
        ]
    return digests


def _scale(images: np.ndarray) -> int:
    """Return the range of the values that images may have."""
    return 255 if images.dtype == np.uint8 else 1


def _spread(images: np.ndarray) -> float:
    if not len(images):
        return 1.0
    most = max(2, min(_SAMPLE, _VALUES // images[0].size))
    some = images[:: -(-len(images) // most)].astype(np.float32)
    return float(np.sqrt(some.var(axis=0).mean())) / _scale(images)
