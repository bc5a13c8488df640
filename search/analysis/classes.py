"""Sizes of a study's classes, which decide how much each weighs in its objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from search.results import Results

Part = Literal["train", "validation"]

_UNEQUAL = 2
"""Ratio of the largest class to the smallest above which their sizes count as unequal: an error in
the smallest then weighs less than half of what it would among equal classes."""


@dataclass(frozen=True)
class ClassSizes:
    """Images of the largest and of the smallest class in one part of the data."""

    images: int
    """Of all classes."""
    largest: str
    largest_count: int
    smallest: str
    smallest_count: int
    classes: int
    """All of them, those without an image in this part included."""
    present: int
    """Those with an image in this part."""

    @property
    def unequal(self) -> bool:
        """True where the two differ by more than a factor of two, and not by rounding alone."""
        return self.largest_count > _UNEQUAL * (self.smallest_count + 1)

    @property
    def largest_share(self) -> float:
        """Fraction of the images; also the accuracy of predicting the largest class every time."""
        return self.largest_count / self.images

    @property
    def smallest_share(self) -> float:
        """Fraction of the images."""
        return self.smallest_count / self.images


def class_counts(results: Results, part: Part) -> list[tuple[str, int]]:
    """Classes with their images in one part of the data; empty where the study does not say."""
    if results.data is None or results.data.class_counts is None:
        return []
    return list(zip(results.data.classes, results.data.class_counts[part], strict=True))


def class_sizes(results: Results, part: Part) -> ClassSizes | None:
    """Compare the classes' sizes in one part of the data; None where the study does not say."""
    counts = class_counts(results, part)
    if not counts:
        return None
    largest, most = max(counts, key=lambda size: size[1])
    smallest, fewest = min(counts, key=lambda size: size[1])
    return ClassSizes(
        sum(count for _, count in counts), largest, most, smallest, fewest,
        classes=len(counts), present=sum(count > 0 for _, count in counts),
    )  # fmt: skip
