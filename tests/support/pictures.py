"""Folders of small images, and what is read of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from model_space.data import Data, load
from model_space.data.fresh import Preparation
from model_space.facts import DataFacts

SIDE = 16


def pixels(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape or (SIDE, SIDE, 3), np.uint8)


def pictures(root: Path, count: int = 5, classes: str = "ab", seed: int = 0) -> Path:
    for label, name in enumerate(classes):
        (root / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            image = pixels(10_000 * seed + 100 * label + i)
            Image.fromarray(image).save(root / name / f"{i}.png")
    return root


def bits() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 2, (40, SIDE, SIDE), np.uint8)


def every(data: Data) -> np.ndarray:
    return np.concatenate([images for images, _ in data.parts.values()])


def sizes(data: Data) -> list[int]:
    return [len(labels) for _, labels in data.parts.values()]


def account(path: Path, **options: Any) -> dict[str, Any]:
    """What the reading left out or changed, and nothing else."""
    facts = DataFacts.of(load(str(path), **options))
    assert facts.reading is not None
    return {name: value for name, value in vars(facts.reading).items() if value}


def predicted(data: Data, *files: Path) -> np.ndarray:
    """The files, as kouka predict prepares them for a network trained on the data."""
    reading = data.reading
    prepared = Preparation(data.image_shape, data.sound, reading.levels, reading.stretched, 2)
    return prepared.read([str(file) for file in files])[0]
