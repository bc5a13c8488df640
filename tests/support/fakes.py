"""Stand-ins that make a study quick: a worker whose accuracies are computed, not trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from model_space.techniques import Choice
from model_space.worker.client import DataFacts, Stopped, TrainingError

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


def fake_accuracy(choice: Choice, seed: int, noise: float = 0.3) -> float:
    """An additive accuracy around 70 %, with normal noise of so many points by the seed."""
    points = 70 + sum(
        effect * (0.5 if name in choice else -0.5) for name, effect in EFFECTS.items()
    )
    return (points + noise * np.random.default_rng(seed).standard_normal()) / 100


class FakeWorker:
    """Takes the place of `model_space.worker.client.Worker`; every run it trains is recorded."""

    trained: ClassVar[list[tuple[dict[str, Any], int]]] = []
    interrupt_at: ClassVar[int | None] = None
    """Raise KeyboardInterrupt in the middle of this run of the process, counted from 0."""
    fail: ClassVar[Callable[[Choice], bool]] = staticmethod(lambda choice: False)
    fingerprint: ClassVar[str] = "the same"
    diverge: ClassVar[Callable[[int], bool]] = staticmethod(lambda seed: False)
    """Whether a final training with this seed diverges."""

    class_counts: ClassVar[dict[str, list[int]] | None] = None
    """Images of its two classes."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        objective: str = "accuracy",
        **data: Any,
    ) -> None:
        self.data, self.objective = data, objective
        self.asked_to_stop = False

    @classmethod
    def reset(cls) -> None:
        cls.trained, cls.interrupt_at, cls.fingerprint = [], None, "the same"
        cls.class_counts = None
        cls.fail = staticmethod(lambda choice: False)
        cls.diverge = staticmethod(lambda seed: False)

    def start(self, reading: object = None) -> DataFacts:
        return DataFacts(["a", "b"], (32, 32, 3), 100, 20, 20, self.fingerprint, None,
                         self.class_counts)  # fmt: skip

    def judged(self, accuracy: float) -> float:
        """What an accuracy counts for: a point of it is a hundredth of a nat of a log loss."""
        return accuracy - 1 if self.objective == "neg_log_loss" else accuracy

    def survey(self, techniques: Sequence[str], budget: Mapping[str, Any]) -> tuple[str, ...]:
        return ()

    def train(
        self,
        choice: Choice,
        budget: Mapping[str, Any],
        seed: int,
        report: Callable[[int, float], bool],
        checkpoint: Path | None = None,
    ) -> dict[str, Any]:
        cls = type(self)
        if self.asked_to_stop:
            raise Stopped
        cls.trained.append((dict(choice), seed))
        if cls.fail(choice):
            raise TrainingError("it was made to fail")
        final = fake_accuracy(choice, seed)
        tested = None if self.objective == "accuracy" else self.judged(final - 0.02)
        outcome = {"seconds_per_epoch": 0.1, "parameters": 1000, "diverged": False}
        for epoch in range(1, budget["epochs"] + 1):
            reached = self.judged(final * epoch / budget["epochs"])
            if cls.interrupt_at == len(cls.trained) - 1 and epoch == 2:
                cls.interrupt_at = None
                raise KeyboardInterrupt
            if not report(epoch, reached):
                return {**outcome, "objective": reached, "test_accuracy": None,
                        "test_objective": None}  # fmt: skip
        return {**outcome, "objective": self.judged(final), "test_accuracy": final - 0.01,
                "test_objective": tested}  # fmt: skip

    def train_final(
        self,
        choice: Choice,
        budget: Mapping[str, Any],
        seed: int,
        report: Callable[[int, float], bool],
        checkpoint: Path | None = None,
        save: Path | None = None,
    ) -> dict[str, Any]:
        outcome = self.train(choice, budget, seed, report)
        if checkpoint is not None:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            checkpoint.touch()
        if save is not None:
            save.write_text(f"the network of seed {seed}")
        return {**outcome, "diverged": type(self).diverge(seed)}

    def ask_to_stop(self) -> None:
        self.asked_to_stop = True

    def stop(self) -> None:
        pass
