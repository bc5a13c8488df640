"""Draw what the techniques for images do to some digits: docs/techniques.png, by `make figures`.

A row is a technique at its usual values, each column another draw of its randomness.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from model_space.components.layers import (
    CutMix,
    RandAugment,
    RandomAffine,
    RandomColor,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomRotation,
    RandomShift,
)
from model_space.techniques import TECHNIQUES

FILE = Path(__file__).with_name("techniques.png")
COLUMNS = 10
_SCALE, _GAP = 4, 8
"""Pixels of the picture for one of an image, and between two images."""


def main() -> None:
    """Write the picture."""
    keras.utils.set_random_seed(1)
    digits = load_digits().images[:COLUMNS].repeat(2, axis=1).repeat(2, axis=2) / 16
    images = keras.ops.convert_to_tensor(digits[..., np.newaxis].astype("float32"))
    batch = {"images": images, "labels": keras.ops.eye(COLUMNS)}
    usual = {t.name: {dial.name: dial.usual for dial in t.dials} for t in TECHNIQUES}
    rows = [
        images,
        RandomAffine(degrees=20, shift=0.2)(images, training=True),
        RandomFlip(**usual["flip"])(images, training=True),
        RandomShift(**usual["shift"])(images, training=True),
        RandomRotation(**usual["rotation"])(images, training=True),
        RandomCrop(**usual["crop"])(images, training=True),
        RandomColor(**usual["color"])(images, training=True),
        RandAugment(**usual["rand_augment"])(images, training=True),
        RandomErasing(**usual["random_erasing"])(images, training=True),
        keras.layers.MixUp(**usual["mixup"])(batch, training=True)["images"],
        CutMix(**usual["cutmix"])(batch, training=True)["images"],
    ]
    Image.fromarray(_sheet([keras.ops.convert_to_numpy(row)[..., 0] for row in rows])).save(
        FILE, optimize=True
    )
    print(f"docs/{FILE.name}")


def _sheet(rows: list[np.ndarray]) -> np.ndarray:
    """Lay out rows of images, (images, height, width) in [0, 1], with white between them."""
    side = rows[0].shape[1] * _SCALE + _GAP
    sheet = np.full((len(rows) * side - _GAP, COLUMNS * side - _GAP), 255, np.uint8)
    for down, row in enumerate(rows):
        for across, image in enumerate(row):
            large = image.repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
            top, left = down * side, across * side
            grey = (255 * np.clip(large, 0, 1)).round().astype(np.uint8)
            sheet[top : top + side - _GAP, left : left + side - _GAP] = grey
    return sheet


if __name__ == "__main__":
    main()
