"""What a run is judged by, named as scikit-learn names its scorers: of each, more is better.

Each takes the labels of images, (N,), and the network's probabilities, (N, classes).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_LEAST = float(np.finfo(np.float32).eps)
"""The probability, and the distance from 1, that the log loss takes at least, as scikit-learn's
does: a network in single precision gives a class 0 that is only unlikely, and the logarithm of
that would be infinite. So no image counts for less than -15.9 nats."""


@dataclass(frozen=True)
class Objective:
    """A number that tells good probabilities from bad ones."""

    name: str
    score: Callable[[np.ndarray, np.ndarray], float]
    chance: Callable[[int], float]
    """Its value for guesses among so many classes."""


def _accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The share of the images whose likeliest class is their own."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def _balanced_accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean over the classes of the share of their images that is named right.

    A class of which there is no image does not count.
    """
    images = np.bincount(labels)
    right = np.bincount(labels, weights=probabilities.argmax(axis=1) == labels)
    present = images > 0
    return float(np.mean(right[present] / images[present]))


def _neg_log_loss(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean log-probability of the images' own classes, in nats: minus the cross-entropy."""
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(np.mean(np.log(np.clip(own, _LEAST, 1 - _LEAST))))


ACCURACY = Objective("accuracy", _accuracy, lambda classes: 1 / classes)

OBJECTIVES: tuple[Objective, ...] = (
    ACCURACY,
    Objective("balanced_accuracy", _balanced_accuracy, lambda classes: 1 / classes),
    Objective("neg_log_loss", _neg_log_loss, lambda classes: -math.log(classes)),
)


def objective(name: str) -> Objective:
    """Return the objective of that name; `KeyError` where there is none."""
    return {one.name: one for one in OBJECTIVES}[name]
