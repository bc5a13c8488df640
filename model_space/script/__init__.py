"""A recipe as a Keras script that stands alone, written by a child process.

The script is built, run up to the training and held against the network before it is answered: what
cannot be written is refused, and nothing is left out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from model_space.child import ChildError, ask
from model_space.custom.loading import OwnError
from model_space.data import DataError
from model_space.techniques import Choice
from model_space.worker.client import ENVIRONMENT, TrainingError


@dataclass(frozen=True)
class Order:
    """What a script is to hold."""

    about: Sequence[str]
    """Paragraphs at its top."""
    choice: Choice
    budget: Mapping[str, Any]
    """The fields of `Budget`."""
    backend: str
    seed: int
    """Of the weights, the order of the images and every random draw."""
    data: Mapping[str, Any]
    """The arguments of `model_space.data.load`, but for `reading`."""
    facts: Mapping[str, Any]
    """The fields of `DataFacts`, as the study keeps them."""
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    network: Mapping[str, Any] | None = None
    """Both as `model_space.custom.loading.describe` returns them."""

    @property
    def things(self) -> str:
        """What the data are."""
        return "sounds" if self.facts.get("sound") else "images"


def write(order: Order) -> str:
    """The script. Raises `DataError`, `OwnError`, and `TrainingError` where the process dies.

    The data are looked at, to see how they are read and split, but no image is.
    """
    environment = {**ENVIRONMENT, **os.environ, "KERAS_BACKEND": order.backend}
    try:
        answer = ask("model_space.script.writer", asdict(order), environment)
    except ChildError as error:
        raise TrainingError(f"the process that writes the script {error}") from error
    if "data" in answer:
        raise DataError(answer["data"])
    if "own" in answer:
        raise OwnError(answer["own"])
    script: str = answer["script"]
    return script
