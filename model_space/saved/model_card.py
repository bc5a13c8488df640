"""The card of a saved model: how to prepare images for it, and how it was trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from model_space.budget import Budget
from model_space.data import DataError
from model_space.data.fresh import Preparation
from model_space.data.mel import Spectrogram
from model_space.data.reading import Levels
from model_space.recipe import Recipe
from model_space.typed_json import from_json

MODEL, CARD = "model.keras", "model.json"
"""The names of the files."""

_USUAL = ((0, 255), (0, 1), (-1, 1), (-128, 127), (0, 65535))
"""Ranges of numbers that images' bytes are often given as."""


@dataclass(frozen=True)
class Card:
    """The content of `model.json`, by the same names; there, `backend` stands in `budget`."""

    study: str
    classes: tuple[str, ...]
    """In the order of the model's probabilities."""
    image_shape: tuple[int, int, int]
    """Height, width and channels."""
    pixels: str
    """The preparation of an image for the model, in words."""
    sound: Spectrogram | None
    """The conversion of sounds into images; None where the data are images."""
    recipe: Recipe
    budget: Budget
    images: Mapping[str, int]
    """The number of images `trained` on, and in the `test` set."""
    seeds: tuple[int, ...]
    saved_seed: int
    """The seed of the network in `model.keras`."""
    test_accuracies: tuple[float, ...]
    """Fractions, one a seed."""
    versions: Mapping[str, str]
    objective: str = "accuracy"
    """The objective by which the study judged its runs."""
    test_objectives: tuple[float, ...] | None = None
    """That objective on the test images, one a seed; None where it is accuracy."""
    backend: str = "tensorflow"
    """The backend of Keras that trained it."""
    levels: Levels | None = None
    """The values of images of more than 8 bits that become black and white."""
    numbers: Levels | None = None
    """The values that became 0 and 1, where the data were arrays of numbers that were scaled."""
    stretched: tuple[int, int] | None = None
    """The bytes that become 0 and 255, where those of the data lay close together."""
    reader: int = 1
    """The version of the rules by which the data were read."""

    @property
    def preparation(self) -> Preparation:
        """The preparation of files for the network."""
        return Preparation(self.image_shape, self.sound, self.levels, self.stretched, self.reader)

    @property
    def caution(self) -> str | None:
        """A sentence where files are hardly what the network was trained on; None elsewhere.

        Bytes of 0 to 255 become 0 to 1, as they did in training if the numbers were made of them
        in a usual way.
        """
        if self.numbers is None:
            return None
        low, high = self.numbers
        near = 0.02 * (high - low)
        if any(abs(low - least) < near and abs(high - most) < near for least, most in _USUAL):
            return None
        return (
            f"the model was trained on an array of numbers from {low:.4g} to {high:.4g}, and of "
            "the files' bytes 0 counts as the least and 255 as the greatest. If the numbers were "
            "made of images in another way, such as by mean and standard deviation, the "
            "probabilities mean little."
        )

    def write(self, path: Path) -> None:
        """Write the card as JSON. Raises `OSError`."""
        content = asdict(self)
        content["budget"]["backend"] = content.pop("backend")
        text = json.dumps(content, indent=2, ensure_ascii=False)
        # A class may be called what is no UTF-8: its bytes become escapes, as JSON has them.
        path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")

    @classmethod
    def read(cls, path: Path) -> Card:
        """Read a card that `write` has written; raises `DataError` for any other file."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return from_json(cls, {**content, "backend": content["budget"]["backend"]})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"{path} is not a model card that kouka train has written; restore it, or train "
                "the model again"
            ) from error


def find(model: Path) -> tuple[Path, Card]:
    """Return a model's file and its card, given the folder of both or the file itself.

    Raises `DataError` where either is missing.
    """
    file = model if model.suffix == Path(MODEL).suffix else model / MODEL
    if not file.is_file():
        raise DataError(f"there is no model {model}; kouka train NAME writes one to models/NAME")
    card = file.with_name(CARD)
    if not card.is_file():
        raise DataError(
            f"{file} has no {CARD} beside it, which holds its classes and how to prepare images; "
            "restore it, or train the model again"
        )
    return file, Card.read(card)
