"""What goes with a saved model: how its images are prepared, and how it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from model_space.data import DataError
from model_space.data.mel import Spectrogram
from model_space.techniques import Choice

MODEL, CARD = "model.keras", "model.json"
"""The files' names."""


@dataclass(frozen=True)
class Card:
    """What `model.json` holds, by the same names."""

    study: str
    classes: Sequence[str]
    """In the order of the model's probabilities."""
    image_shape: tuple[int, int, int]
    """Height, width and channels."""
    pixels: str
    """How an image becomes what the model takes, in words."""
    sound: Mapping[str, float] | None
    """The fields of `Spectrogram` that turn sounds into images; None where the data are images."""
    recipe: Choice
    budget: Mapping[str, Any]
    """The fields of `Budget`, and the `backend`."""
    images: Mapping[str, int]
    """How many were `trained` on, and how many are in the `test` set."""
    seeds: Sequence[int]
    saved_seed: int
    """The seed of the network in `model.keras`."""
    test_accuracies: Sequence[float]
    """Fractions, one a seed."""
    versions: Mapping[str, str]
    objective: str = "accuracy"
    """What the study judged by."""
    test_objectives: Sequence[float] | None = None
    """That on the test images, one a seed; None where it is accuracy."""

    @property
    def spectrogram(self) -> Spectrogram | None:
        """How sounds become images; None where the data are images."""
        return None if self.sound is None else Spectrogram(**self.sound)  # type: ignore[arg-type]

    def write(self, path: Path) -> None:
        """Write it as JSON. Raises `OSError`."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Card:
        """Read what `write` wrote; raises `DataError` where it cannot have written that."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            height, width, channels = fields.pop("image_shape")
            card = cls(image_shape=(int(height), int(width), int(channels)), **fields)
            card.spectrogram  # noqa: B018 - raises where there can be none
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(
                f"{path} is not what kouka train of this version writes; train the model again, "
                "or restore that file"
            ) from error
        return card


def find(model: Path) -> tuple[Path, Card]:
    """The model's file and its card, from the folder of both or the file itself.

    Raises `DataError` where either is missing.
    """
    file = model if model.suffix == Path(MODEL).suffix else model / MODEL
    if not file.is_file():
        raise DataError(f"there is no model {model}; kouka train NAME makes one in models/NAME")
    card = file.with_name(CARD)
    if not card.is_file():
        raise DataError(
            f"{file} has no {CARD} beside it, which names its classes and says how images are "
            "prepared; put it back, or train the model again"
        )
    return file, Card.read(card)
