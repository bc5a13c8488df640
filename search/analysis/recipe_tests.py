"""Test results of one recipe by class, and the images that it gets wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from model_space.correctness import unpack
from model_space.facts import DataFacts
from model_space.mistakes import Mistakes
from search.analysis.held_out import HeldOut, accuracy, rate

MOST_IMAGES = 24
"""Images, at most, that are listed as wrong."""

_FEW = 5
"""Images named wrong, or right, on average over the runs; with fewer, an interval needs care."""


class Tested(Protocol):
    """A run that was tested, its results packed."""

    @property
    def test_correct(self) -> str | None:
        """The images that it named right."""

    @property
    def test_mistakes(self) -> str | None:
        """The other images."""


@dataclass(frozen=True)
class ClassResult:
    """Results on the test images of one class."""

    name: str
    images: int
    """Test images of the class."""
    accuracy: float
    """Percent of these, on average over the runs; NaN without any."""
    low: float
    """The 95 % interval for other seeds and images; of a single run, for other images alone."""
    high: float
    taken_for: str | None
    """The class that it is mistaken for most often; None where it never is."""
    taken_share: float
    """Percent of its images that are."""


@dataclass(frozen=True)
class HardImage:
    """A test image that was named wrong."""

    row: int
    """Among the test images, from 0."""
    own: str
    """Its class."""
    named: str
    """The class that most runs named."""
    probability: float
    """The probability that these gave it on average; a fraction."""
    runs: int
    """Runs that named this class."""


@dataclass(frozen=True, eq=False)
class RecipeTests:
    """The test results of some runs of one recipe."""

    classes: tuple[str, ...]
    runs: int
    confusion: np.ndarray
    """(classes, classes): test images of each class, by the class that they were named; an image
    counts once a run."""
    by_class: tuple[ClassResult, ...]
    hardest: tuple[HardImage, ...]
    """The images that most runs named wrong, the surest of these first."""


def summarise_tests(data: DataFacts | None, runs: Sequence[Tested]) -> RecipeTests | None:
    """Summarise the tests of runs; None where a run, or the study, does not hold what is needed."""
    counts = None if data is None or data.class_counts is None else data.class_counts.get("test")
    if data is None or counts is None or not runs:
        return None
    packed = [
        (run.test_correct, run.test_mistakes) for run in runs
        if run.test_correct is not None and run.test_mistakes is not None
    ]  # fmt: skip
    if len(packed) < len(runs):
        return None
    with suppress(ValueError):  # of what another program wrote under these names
        correct = np.array([unpack(right) for right, _ in packed])
        mistakes = [Mistakes.unpack(wrong) for _, wrong in packed]
        return _results(data.classes, counts, correct, mistakes)
    return None


def _results(
    classes: tuple[str, ...],
    counts: Sequence[int],
    correct: np.ndarray,
    mistakes: Sequence[Mistakes],
) -> RecipeTests:
    """Summarise what each run named right, (runs, images), and its mistakes.

    Raises `ValueError` where these do not fit each other or the classes.
    """
    if correct.shape[1] != sum(counts):
        raise ValueError("the images are not as many as those of the classes")
    own = np.full(correct.shape[1], -1)  # unknown of images that every run named right
    confusion = np.zeros((len(classes), len(classes)), dtype=int)
    for right, wrong in zip(correct, mistakes, strict=True):
        rows = np.flatnonzero(~right)
        highest = max(wrong.classes.max(initial=0), wrong.named.max(initial=0))
        if len(rows) != len(wrong.named) or highest >= len(classes):
            raise ValueError("the mistakes are not those of the images that were named wrong")
        own[rows] = wrong.classes
        np.add.at(confusion, (wrong.classes, wrong.named), 1)
    tests = {}
    for number, images in enumerate(counts):
        hits = correct[:, own == number]
        always = images - hits.shape[1]
        if always < 0:
            raise ValueError("there are more mistakes of a class than images")
        hits = np.pad(hits, ((0, 0), (0, always)), constant_values=True)
        confusion[number, number] = hits.sum()
        if images:
            tests[number] = HeldOut(tuple(hits.mean(axis=1).tolist()), images, hits)
    by_class = (_of_class(number, counts[number], tests, confusion, classes)
                for number in range(len(classes)))  # fmt: skip
    hardest = _hardest(classes, correct, mistakes)
    return RecipeTests(classes, len(correct), confusion, tuple(by_class), tuple(hardest))


def _of_class(
    number: int,
    images: int,
    tests: dict[int, HeldOut],
    confusion: np.ndarray,
    classes: tuple[str, ...],
) -> ClassResult:
    if not images:
        nan = float("nan")
        return ClassResult(classes[number], 0, nan, nan, nan, None, 0.0)
    test, row = tests[number], confusion[number]
    runs = len(test.accuracies)
    low, high = _interval(test, images, list(tests.values()))
    others = row.copy()
    others[number] = 0
    most = int(others.argmax())
    taken_for = classes[most] if others[most] else None
    share = 100 * float(others[most]) / (runs * images)
    return ClassResult(classes[number], images, 100 * test.mean, low, high, taken_for, share)


def _interval(test: HeldOut, images: int, among: Sequence[HeldOut]) -> tuple[float, float]:
    """The 95 % interval of a class's accuracy, in percent.

    The variance over images is estimated of these, too low where hardly any is wrong, or right. So
    the interval then includes that of a share that was counted (`rate`). Simulated with 2 and 3
    seeds and 20 to 100 images a class, it covers 95.5 % and more.
    """
    right = test.mean * images
    exact_low, exact_high = (100 * end for end in rate(round(right), images))
    if len(test.accuracies) < 2:
        return exact_low, exact_high
    low, high = accuracy(test, among)
    if min(right, images - right) >= _FEW:
        return low, high
    return min(low, exact_low), max(high, exact_high)


def _hardest(
    classes: tuple[str, ...], correct: np.ndarray, mistakes: Sequence[Mistakes]
) -> list[HardImage]:
    named: dict[int, Counter[int]] = defaultdict(Counter)
    sure: Counter[tuple[int, int]] = Counter()
    own = {}
    for right, wrong in zip(correct, mistakes, strict=True):
        rows = np.flatnonzero(~right)
        for row, label, name, probability in zip(
            rows.tolist(), wrong.classes.tolist(), wrong.named.tolist(),
            wrong.probabilities.tolist(), strict=True,
        ):  # fmt: skip
            own[row] = label
            named[row][name] += 1
            sure[row, name] += probability
    images = []
    for row, names in named.items():
        name, runs = max(names.items(), key=lambda each: (each[1], sure[row, each[0]]))
        images.append(
            HardImage(row, classes[own[row]], classes[name], sure[row, name] / runs, runs)
        )
    images.sort(key=lambda image: (-image.runs, -image.probability, image.row))
    return images[:MOST_IMAGES]
