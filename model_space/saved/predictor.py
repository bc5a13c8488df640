"""Probabilities of the classes of images or sounds, from a saved model, in a child process.

The process is this module, which answers with the probabilities, or why there are none.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from model_space.child import ChildError, ask, respond
from model_space.data import DataError
from model_space.data.fresh import read_files
from model_space.data.mel import Spectrogram
from model_space.saved.model_card import find
from model_space.worker.client import ENVIRONMENT, TrainingError

_BATCH = 500


def predict(model: Path, files: Sequence[str]) -> tuple[Sequence[str], list[list[float]]]:
    """The classes, and for each of the files their probabilities in that order.

    `model` is as `model_space.saved.model_card.find` takes it. Raises `DataError` where the model
    or a file cannot be used, and `TrainingError` where the process dies.
    """
    network, card = find(model)
    how = card.spectrogram
    request = {
        "network": str(network),
        "shape": card.image_shape,
        "sound": how and asdict(how),
        "classes": len(card.classes),
        "files": list(files),
    }
    environment = {**ENVIRONMENT, **os.environ, "KERAS_BACKEND": "tensorflow"}
    try:
        answer = ask("model_space.saved.predictor", request, environment)
    except ChildError as error:
        raise TrainingError(f"the process that runs the model {error}") from error
    if "unusable" in answer:
        raise DataError(answer["unusable"])
    probabilities: list[list[float]] = answer["probabilities"]
    return card.classes, probabilities


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    """Decode the files, which refuses broken ones before Keras is imported, and run the model."""
    sound = request["sound"]
    try:
        images = read_files(
            request["files"], tuple(request["shape"]), sound and Spectrogram(**sound)
        )
        return {"probabilities": _run(request["network"], images, request["classes"])}
    except DataError as error:
        return {"unusable": str(error)}


def _run(network: str, images: np.ndarray, classes: int) -> list[list[float]]:
    """The probabilities (N, classes) of images (N, height, width, channels), bytes."""
    import keras

    try:
        model = keras.models.load_model(network, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises all kinds, as a broken file happens to mislead it
        raise DataError(
            f"{network} cannot be read as a Keras model; restore it, or train it again"
        ) from error
    if (model.input_shape[1:], model.output_shape[1:]) != (images.shape[1:], (classes,)):
        raise DataError(
            f"{network} and the model.json beside it are not of one model; put back what kouka "
            "train wrote"
        )
    found: list[list[float]] = []
    for first in range(0, len(images), _BATCH):
        batch = images[first : first + _BATCH].astype(np.float32) * np.float32(1 / 255)
        found += keras.ops.convert_to_numpy(model(batch, training=False)).tolist()
    return found


if __name__ == "__main__":
    respond(_answer)
