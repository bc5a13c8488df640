"""A run by a trainer of its own."""

from __future__ import annotations

from typing import Any

from model_space.data import Data
from model_space.training import Outcome, Trainer


def train(choice: Any, data: Data, *arguments: Any, **options: Any) -> Outcome:
    """Train as `Trainer.train` does."""
    return Trainer(data).train(choice, *arguments, **options)
