"""Scorers, which compute the objective that runs are judged by, named after scikit-learn's.

Each takes the labels of images, (N,), and the network's probabilities, (N, classes). A greater
score is better.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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


def _top_accuracy(k: int, labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the share of the images whose own class is among the k likeliest.

    Where the k-th place is shared by several classes, each is in it with the same probability, so
    that the order of the classes does not count.
    """
    own = probabilities[np.arange(len(labels)), labels][:, np.newaxis]
    above = (probabilities > own).sum(axis=1)
    equal = (probabilities == own).sum(axis=1)
    return float(np.mean(np.clip((k - above) / np.maximum(equal, 1), 0, 1)))


def _f1_macro(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean, over the classes, of the harmonic mean of precision and recall.

    A class without images does not count, but images that are taken for it do, as not recalled.
    """
    classes = probabilities.shape[1]
    named = probabilities.argmax(axis=1)
    images = np.bincount(labels, minlength=classes)
    right = np.bincount(labels[named == labels], minlength=classes)
    both = images + np.bincount(named, minlength=classes)
    present = images > 0
    return float(np.mean(2 * right[present] / both[present]))


def _auc(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean, over the classes, of the area under the curve of each against the rest.

    It is the share of pairs, of an image of the class and another, of which the class is likelier
    for the first (Mann & Whitney 1947); a tie counts half. Of two classes it is that of the second,
    as both are the same but for rounding. A class of no image, or of all, does not count; where
    none does, it is 0.5.
    """
    classes = probabilities.shape[1]
    areas = []
    for number in [1] if classes == 2 else range(classes):
        mine = labels == number
        count = int(mine.sum())
        if 0 < count < len(labels):
            above = _ranks(probabilities[:, number])[mine].sum() - count * (count + 1) / 2
            areas.append(above / (count * (len(labels) - count)))
    return float(np.mean(areas)) if areas else 0.5


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks of values, (n,), from 1, and of equal ones their mean."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[at])


ACCURACY = Scorer("accuracy", _accuracy, lambda classes: 1 / classes)

SCORERS: tuple[Scorer, ...] = (
    ACCURACY,
    Scorer("balanced_accuracy", _balanced_accuracy, lambda classes: 1 / classes),
    Scorer("neg_log_loss", _neg_log_loss, lambda classes: -math.log(classes)),
    Scorer("f1_macro", _f1_macro, lambda classes: 1 / classes),
    Scorer("auc", _auc, lambda classes: 0.5),
)


def scorer(name: str) -> Scorer:
    """Return the scorer of that name, such as top_5_accuracy; raises `KeyError` for others."""
    if top := re.fullmatch(r"top_([1-9]\d*)_accuracy", name):
        k = int(top[1])
        return Scorer(name, partial(_top_accuracy, k), lambda classes: min(1.0, k / classes))
    return {one.name: one for one in SCORERS}[name]
