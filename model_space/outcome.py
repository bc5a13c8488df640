"""The outcome of a training run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Report = Callable[[int, float], bool]
"""Takes an epoch of a run, from 1, and its objective; returns True to go on."""


@dataclass(frozen=True)
class Outcome:
    """The scores, time and size of a run that has ended."""

    objective: float
    """On the validation images after the last epoch; chance level where the run diverged."""
    test_accuracy: float | None
    """Accuracy on the test images, a fraction; None where the run was stopped early."""
    test_objective: float | None
    """The objective on the test images; None where it was stopped, or where that is accuracy."""
    seconds_per_epoch: float
    """Median over the epochs, leaving out those in which the network was traced."""
    parameters: int | None
    """Weights of the network, the ones that are not trained included; None where unknown."""
    diverged: bool
    stopped: bool = False
    """True where the run was ended before its last epoch, as it was told to."""
    test_correct: str | None = None
    """The test images that were named right, as `model_space.correctness` packs them."""
    test_mistakes: str | None = None
    """The others, as `model_space.mistakes` packs them; None where the run was not detailed."""
    training: tuple[float, ...] | None = None
    """The objective on a sample of the training images after each epoch; None where the run was not
    detailed, or diverged."""
