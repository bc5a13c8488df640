"""The card beside a saved model, this version's and version 0.1's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_space.budget import Budget
from model_space.data import DataError
from model_space.data.mel import Spectrogram
from model_space.saved.model_card import Card, find

OLD: dict[str, Any] = {
    "study": "spoken",
    "classes": ["no", "yes"],
    "image_shape": [40, 62, 1],
    "pixels": "a sound's mel bands as bytes, by the numbers in `sound`; divided by 255",
    "sound": {"rate": 8000, "seconds": 1.008, "bands": 40, "frames": 62},
    "recipe": {"batch_norm": {}, "mixup": {"alpha": 0.3}},
    "budget": {
        "epochs": 3, "batch_size": 20, "width": 0.5, "depth": 10, "precision": "float32",
        "backend": "jax",
    },
    "images": {"trained": 80, "test": 20},
    "seeds": [11, 12],
    "saved_seed": 11,
    "test_accuracies": [0.9, 1],
    "versions": {"python": "3.11.7", "kouka": "0.1.0"},
    "objective": "neg_log_loss",
    "test_objectives": [-0.2, -0.1],
}  # fmt: skip
"""As kouka train of version 0.1 wrote it."""
CARD = Card(
    study="spoken", classes=("no", "yes"), image_shape=(40, 62, 1), pixels=OLD["pixels"],
    sound=Spectrogram(rate=8000, seconds=1.008, bands=40, frames=62),
    recipe={"batch_norm": {}, "mixup": {"alpha": 0.3}},
    budget=Budget(epochs=3, batch_size=20, width=0.5), images={"trained": 80, "test": 20},
    seeds=(11, 12), saved_seed=11, test_accuracies=(0.9, 1),
    versions={"python": "3.11.7", "kouka": "0.1.0"}, objective="neg_log_loss",
    test_objectives=(-0.2, -0.1), backend="jax",
)  # fmt: skip


def test_a_card_of_version_0_1_is_read_and_written_with_what_it_means(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(OLD))
    assert Card.read(path) == CARD
    CARD.write(path)
    budget = {**OLD["budget"], "learning_rate": 1e-3}
    added = {"budget": budget, "levels": None, "numbers": None, "stretched": None, "reader": 1}
    assert json.loads(path.read_text(encoding="utf-8")) == {**OLD, **added}


@pytest.mark.parametrize(
    ("numbers", "as_files"),
    [(None, True), ((-1.0, 0.99), True), ((0.0, 254.0), True), ((-2.1, 2.6), False),
     ((0.0, 130.0), False)],
)  # fmt: skip
def test_numbers_that_files_hardly_hold_are_cautioned_of(
    numbers: tuple[float, float] | None, as_files: bool
) -> None:
    assert (replace(CARD, numbers=numbers).caution is None) == as_files


def test_a_card_of_images_has_no_sound(tmp_path: Path) -> None:
    images = replace(CARD, sound=None, test_objectives=None)
    images.write(tmp_path / "model.json")
    assert Card.read(tmp_path / "model.json") == images


def test_a_class_whose_name_is_no_utf_8_is_kept(tmp_path: Path) -> None:
    latin = replace(CARD, classes=(b"caf\xe9".decode(errors="surrogateescape"), "thé"))
    latin.write(tmp_path / "model.json")
    assert Card.read(tmp_path / "model.json") == latin


@pytest.mark.parametrize("change", [{"budget": {}}, {"seeds": 3}, {"sound": {}}, {"budget": None}])
def test_another_files_content_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps({**OLD, **change}))
    with pytest.raises(DataError, match=r"model.json is not a model card that kouka train"):
        Card.read(path)
    path.write_text("torn")
    with pytest.raises(DataError, match=r"restore it, or train the model again"):
        Card.read(path)


def test_a_model_without_its_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no model .*; kouka train NAME writes one"):
        find(tmp_path)
    (tmp_path / "model.keras").touch()
    with pytest.raises(DataError, match=r"has no model.json beside it"):
        find(tmp_path / "model.keras")
    CARD.write(tmp_path / "model.json")
    assert find(tmp_path) == (tmp_path / "model.keras", CARD)
