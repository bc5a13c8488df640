"""What a network's scores say, as far as float32 tells."""

from __future__ import annotations

import numpy as np

ROUNDING = 2e-5
"""How far two computations of one probability may lie apart.

Ten layers, each of whose sums of up to 600 products is off by some √600 half units in the last
place, which are 6e-8.
"""


def share_right(
    scores: np.ndarray, labels: np.ndarray, *, balanced: bool = False
) -> tuple[float, float]:
    """The least and the most that the accuracy can be where ties are decided by rounding.

    Of scores (images, classes) and the images' labels; `balanced` weighs the classes equally.
    """
    own = scores[np.arange(len(labels)), labels]
    others = np.where(np.eye(scores.shape[1], dtype=bool)[labels], -1, scores).max(axis=1)
    found = []
    for off in (ROUNDING, -ROUNDING):
        right = own > others + off
        by_class = [right[labels == label].mean() for label in np.unique(labels)]
        found.append(float(np.mean(by_class if balanced else right)))
    least, most = found
    assert most - least < 0.02, "too many ties for the accuracy to be known"
    return least, most


def clear(scores: np.ndarray) -> np.ndarray:
    """Which images have one class that is named whatever the rounding."""
    second, first = np.sort(scores, axis=1)[:, -2:].T
    return np.asarray(first - second > 2 * ROUNDING)
