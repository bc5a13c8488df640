"""A run by a trainer of its own."""

from __future__ import annotations

from typing import Any

from model_space.custom.registry import BUILT_IN, Registry
from model_space.data import Data
from model_space.outcome import Outcome
from model_space.training.trainer import Trainer


def train(
    recipe: Any, data: Data, *arguments: Any, registry: Registry = BUILT_IN, **options: Any
) -> Outcome:
    """Train as `Trainer.train` does."""
    return Trainer(data, registry).train(recipe, *arguments, **options)
