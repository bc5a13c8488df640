"""How unequal a study's classes are in size, which decides what its objective weighs."""

from __future__ import annotations

from dataclasses import dataclass

from search.results import Results

_MATTERS = 2
"""How often the largest class must have the smallest one's images for that to be worth a word:
from there on an error of the one class weighs less than half an error of the other."""


@dataclass(frozen=True)
class Spread:
    """The largest and the smallest class of some images."""

    images: int
    """Of all classes."""
    largest: str
    most: int
    """Images of that class."""
    smallest: str
    fewest: int

    @property
    def matters(self) -> bool:
        """Whether the two differ by more than a factor of two and by more than a split rounds."""
        return self.most > _MATTERS * (self.fewest + 1)

    @property
    def top(self) -> float:
        """The share of the largest class: the accuracy of naming it every time."""
        return self.most / self.images

    @property
    def bottom(self) -> float:
        """The share of the smallest class."""
        return self.fewest / self.images


def spread(results: Results, part: str) -> Spread | None:
    """That of the `train` or the `validation` images; None where the study does not say."""
    counts = (results.data.get("class_counts") or {}).get(part)
    if not counts:
        return None
    sizes = list(zip(counts, results.data["classes"], strict=True))
    most, largest = max(sizes, key=lambda size: size[0])
    fewest, smallest = min(sizes, key=lambda size: size[0])
    return Spread(sum(counts), largest, most, smallest, fewest)
