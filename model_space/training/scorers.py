"""Scorers, which compute the objective that runs are judged by, named as in scikit-learn.

Each takes the labels of images, (N,), and the network's probabilities, (N, classes). A greater
score is better.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_LEAST = float(np.finfo(np.float32).eps)
"""The least probability, and distance from 1, in the log loss, as in scikit-learn's.

A network in single precision gives 0 to a class that is only unlikely, and its logarithm would be
infinite. So no image counts for less than -15.9 nats.
"""


@dataclass(frozen=True)
class Scorer:
    """A score of probabilities, and its value for guesses."""

    name: str
    score: Callable[[np.ndarray, np.ndarray], float]
    chance: Callable[[int], float]
    """Returns the score of guesses among that number of classes."""


def _accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the share of the images whose likeliest class is their own."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def _balanced_accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean, over the classes, of the share of their images that is named right.

    A class without images does not count.
    """
    images = np.bincount(labels)
    right = np.bincount(labels, weights=probabilities.argmax(axis=1) == labels)
    present = images > 0
    return float(np.mean(right[present] / images[present]))


def _neg_log_loss(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean log-probability of the images' own classes, in nats."""
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(np.mean(np.log(np.clip(own, _LEAST, 1 - _LEAST))))


ACCURACY = Scorer("accuracy", _accuracy, lambda classes: 1 / classes)

SCORERS: tuple[Scorer, ...] = (
    ACCURACY,
    Scorer("balanced_accuracy", _balanced_accuracy, lambda classes: 1 / classes),
    Scorer("neg_log_loss", _neg_log_loss, lambda classes: -math.log(classes)),
)


def scorer(name: str) -> Scorer:
    """Return the scorer of that name; raises `KeyError` where there is none."""
    return {one.name: one for one in SCORERS}[name]
