"""Intervals of shares that are counted on images, such as an accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence

FEW = 500
"""Images below which an accuracy on them is uncertain by some points: by 3.5 at 80 %."""
_Z = 1.959964
"""The 97.5 % quantile of the normal distribution."""


def equal_weight_images(counts: Sequence[int]) -> float:
    """Return the images of which a share is as uncertain as the mean of each class's share.

    Classes without an image do not count.
    """
    present = [count for count in counts if count]
    return len(present) ** 2 / sum(1 / count for count in present)


def half_width(share: float, images: float) -> float:
    """Return half the width of the 95 % interval of a share of that many images, a fraction.

    It is Wilson's (1927), which has a width even where no image, or every image, counts.
    """
    spread = share * (1 - share) / images + _Z**2 / (4 * images**2)
    return _Z * math.sqrt(spread) / (1 + _Z**2 / images)
