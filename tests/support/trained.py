"""A run by a trainer of its own."""

from __future__ import annotations

from typing import Any

from model_space.custom.registry import OURS, Kit
from model_space.data import Data
from model_space.training.trainer import Outcome, Trainer


def train(choice: Any, data: Data, *arguments: Any, kit: Kit = OURS, **options: Any) -> Outcome:
    """Train as `Trainer.train` does."""
    return Trainer(data, kit).train(choice, *arguments, **options)
