"""Probabilities of the classes of images or sounds, from a saved model, in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from model_space.child import ChildError, Progress, ask, import_keras, respond_with_progress
from model_space.data import DataError
from model_space.data.checks import hardly_seen
from model_space.data.fresh import Preparation
from model_space.saved.model_card import Card
from model_space.worker.client import TrainingError
from model_space.worker.environment import keras_environment

_BATCH = 500


@dataclass(frozen=True)
class Predictions:
    """A model's predictions of files."""

    files: Sequence[str]
    """Those that could be read."""
    probabilities: Sequence[Sequence[float]]
    """Those of the classes, for each file."""
    hardly_seen: Sequence[str]
    """The files in which the model sees next to nothing."""
    broken: Sequence[str] = ()
    """What is wrong with each of the others, after its name."""


@dataclass(frozen=True)
class _Request:
    model: str
    """The file of the network."""
    classes: int
    preparation: Preparation
    files: tuple[str, ...]


@dataclass(frozen=True)
class _Answer:
    files: tuple[str, ...] = ()
    probabilities: tuple[tuple[float, ...], ...] = ()
    hardly_seen: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    unusable: str | None = None
    """The reason why the model, or no file, can be used; None where they can."""


def backend_for(card: Card) -> str:
    """Return the backend that a model runs on here: TensorFlow, or else that of its training."""
    return "tensorflow" if find_spec("tensorflow") else card.backend


def predict(
    network: Path, card: Card, files: Sequence[str], progress: Progress = lambda done, of: None
) -> Predictions:
    """Return the probabilities of the card's classes for each of the files that can be read.

    `progress` takes how many are read. Raises `DataError` where the network or no file can be used,
    and where one is missing, and `TrainingError` where the process dies.
    """
    request = _Request(str(network), len(card.classes), card.preparation, tuple(files))
    environment = {**keras_environment(), "KERAS_BACKEND": backend_for(card)}
    try:
        answer = ask(__name__, request, _Answer, environment, progress)
    except ChildError as error:
        raise TrainingError(f"the process that runs the model {error}") from error
    if answer.unusable is not None:
        raise DataError(answer.unusable)
    return Predictions(answer.files, answer.probabilities, answer.hardly_seen, answer.broken)


def _answer(request: _Request, progress: Progress) -> _Answer:
    """Decode the files, before Keras is imported, and run the model."""
    try:
        images, broken = request.preparation.read(request.files, progress)
        probabilities = _run(request.model, images, request.classes)
    except DataError as error:
        return _Answer(unusable=str(error))
    files = tuple(file for file in request.files if file not in broken)
    seen = zip(files, hardly_seen(images).tolist(), strict=True)
    faint = tuple(file for file, hardly in seen if hardly)
    described = tuple(error.described for error in broken.values())
    return _Answer(files, tuple(map(tuple, probabilities)), faint, described)


def _run(network: str, images: np.ndarray, classes: int) -> list[list[float]]:
    """Return the probabilities (N, classes) of images (N, height, width, channels), bytes."""
    import_keras()
    import keras

    try:
        model = keras.models.load_model(network, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises all kinds, as a broken file happens to mislead it
        raise DataError(
            f"{network} cannot be read as a Keras model; restore it, or train it again"
        ) from error
    if (model.input_shape[1:], model.output_shape[1:]) != (images.shape[1:], (classes,)):
        raise DataError(
            f"{network} and the model.json beside it belong to different models; restore the files "
            "that kouka train wrote together"
        )
    probabilities: list[list[float]] = []
    for first in range(0, len(images), _BATCH):
        batch = images[first : first + _BATCH].astype(np.float32) * np.float32(1 / 255)
        probabilities += keras.ops.convert_to_numpy(model(batch, training=False)).tolist()
    return probabilities


if __name__ == "__main__":
    respond_with_progress(_Request, _answer)
