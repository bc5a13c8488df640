"""Stand-ins that make a study quick: a worker whose accuracies are computed, not trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from model_space.budget import Budget
from model_space.facts import DataFacts
from model_space.outcome import Outcome, Report
from model_space.pictures import Picture, Strip, picture
from model_space.recipe import Recipe
from model_space.worker.client import Stopped, Surveyed, TrainingError, Workload

EFFECTS = {
    "augmentation": 13.0,
    "batch_norm": 5.0,
    "residual": -1.5,
    "late_widening": -4.0,
    "global_pooling": 2.5,
    "dropout": 0.0,
    "mixup": 0.0,
    "amsgrad": 1.0,
}
"""Points that each technique adds to the fake worker's accuracy."""


def fake_accuracy(recipe: Recipe, seed: int, noise: float = 0.3) -> float:
    """An additive accuracy around 70 %, with normal noise of so many points by the seed."""
    points = 70 + sum(
        effect * (0.5 if name in recipe else -0.5) for name, effect in EFFECTS.items()
    )
    return (points + noise * np.random.default_rng(seed).standard_normal()) / 100


def a_picture(grey: int = 0) -> Picture:
    """A picture of one pixel."""
    return picture(np.full((1, 1, 1), grey, np.uint8))


class FakeWorker:
    """Takes the place of `model_space.worker.client.Worker`; every run it trains is recorded.

    Each test takes a subclass, which begins with the state below: no other test sees what it sets.
    """

    trained: ClassVar[list[tuple[Recipe, int]]]
    interrupt_at: ClassVar[int | None]
    """Raise KeyboardInterrupt in the middle of this run of the process, counted from 0."""
    fail: ClassVar[Callable[[Recipe], bool]]
    fingerprint: ClassVar[str]
    diverge: ClassVar[Callable[[int], bool]]
    """Whether a final training with this seed diverges."""
    class_counts: ClassVar[Mapping[str, tuple[int, ...]] | None]
    """Images of its two classes."""
    drawn: ClassVar[tuple[Strip, ...]]
    """Pictures of its training images."""

    def __init_subclass__(cls) -> None:
        cls.trained, cls.interrupt_at = [], None
        cls.fingerprint, cls.class_counts, cls.drawn = "the same", None, ()
        cls.fail = staticmethod(lambda recipe: False)
        cls.diverge = staticmethod(lambda seed: False)

    @classmethod
    def new(cls) -> type[FakeWorker]:
        """A worker of which nothing was asked yet."""
        return type("NewFakeWorker", (cls,), {})

    @classmethod
    def take_the_place(cls, patch: pytest.MonkeyPatch) -> None:
        """Train whatever is trained in this process, one run after another by default."""
        patch.setattr("search.running.hardware.cores", lambda: 1)
        for home in ("running.local_workers", "final.training"):
            patch.setattr(f"search.{home}.Worker", cls)

    def __init__(self, workload: Workload, environment: Mapping[str, str] | None = None) -> None:
        self.workload = workload
        self.asked_to_stop = False

    def start(self, reading: object = None) -> DataFacts:
        return DataFacts(("a", "b"), (32, 32, 3), 100, 20, 20, self.fingerprint, None,
                         self.class_counts)  # fmt: skip

    def judged(self, accuracy: float) -> float:
        """What an accuracy counts for: a point of it is a hundredth of a nat of a log loss."""
        return accuracy - 1 if self.workload.objective == "neg_log_loss" else accuracy

    def survey(self, techniques: Sequence[str], budget: Budget) -> Surveyed:
        return Surveyed((), ())

    def train(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        *,
        detailed: bool = False,
    ) -> Outcome:
        cls = type(self)
        if self.asked_to_stop:
            raise Stopped
        cls.trained.append((dict(recipe), seed))
        if cls.fail(recipe):
            raise TrainingError("it was made to fail")
        final = fake_accuracy(recipe, seed)
        tested = None if self.workload.objective == "accuracy" else self.judged(final - 0.02)
        for epoch in range(1, budget.epochs + 1):
            reached = self.judged(final * epoch / budget.epochs)
            if cls.interrupt_at == len(cls.trained) - 1 and epoch == 2:
                cls.interrupt_at = None
                raise KeyboardInterrupt
            if not report(epoch, reached):
                return Outcome(reached, None, None, 0.1, 1000, diverged=False, stopped=True)
        return Outcome(
            self.judged(final), final - 0.01, tested, 0.1, parameters=1000, diverged=False
        )

    def train_final(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        save: Path | None = None,
    ) -> Outcome:
        outcome = self.train(recipe, budget, seed, report, detailed=True)
        if checkpoint is not None:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            checkpoint.touch()
        if save is not None:
            save.write_text(f"the network of seed {seed}")
        return replace(outcome, diverged=type(self).diverge(seed))

    def strips(self, recipe: Recipe) -> tuple[Strip, ...]:
        return type(self).drawn

    def test_pictures(self, rows: Sequence[int]) -> tuple[Picture, ...]:
        return tuple(a_picture(row) for row in rows)

    def ask_to_stop(self) -> None:
        self.asked_to_stop = True

    def stop(self) -> None:
        pass
