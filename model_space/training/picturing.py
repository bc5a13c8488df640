"""Pictures of training images as each technique makes them, by the layers that train."""

from __future__ import annotations

import random
from collections.abc import Sequence

import keras
import numpy as np

from model_space.custom.registry import Registry
from model_space.data import Data
from model_space.pictures import Drawn, Picture, Strip, picture
from model_space.recipe import Recipe
from model_space.training.backends import making
from model_space.training.inputs import TrainingInputs

_IMAGES = 8
"""Images of a strip, of as many classes as there are."""
_LEAST_SHARE = 0.01
"""Of a label, that is told."""
_SEED = 0


def strips(registry: Registry, recipe: Recipe, data: Data) -> tuple[Strip, ...]:
    """Draw some training images as they are, then as each technique alone makes them.

    Of the recipe's techniques, those that augment or mix images; empty where there are none. The
    draws have a seed of their own, whatever was drawn before.
    """
    rows = _rows(data.train[1])
    images, labels = data.train[0][rows], data.train[1][rows]
    touching = [
        (name, stages)
        for name, dials in recipe.items()
        if (stages := registry.compose({name: dials})).augment or stages.mix
    ]
    if not touching:
        return ()
    sound = data.sound is not None
    raw = [Drawn(picture(each, sound=sound), ((int(label), 1.0),))
           for each, label in zip(images, labels, strict=True)]  # fmt: skip
    drawn = [Strip("", False, tuple(raw))]
    for name, stages in touching:
        random.seed(_SEED)
        np.random.seed(_SEED)
        with making():
            batch = TrainingInputs(stages, len(data.classes)).batch(images, labels)
        made, shares = (keras.ops.convert_to_numpy(batch[key]) for key in ("images", "labels"))
        drawn.append(
            Strip(
                name,
                bool(stages.mix),
                tuple(Drawn(picture(each, sound=sound), _shares(share))
                      for each, share in zip(made, shares, strict=True)),
            )
        )  # fmt: skip
    return tuple(drawn)


def test_pictures(data: Data, rows: Sequence[int]) -> tuple[Picture, ...]:
    """Draw some of the test images, given their rows."""
    return tuple(picture(data.test[0][row], sound=data.sound is not None) for row in rows)


def _rows(labels: np.ndarray) -> list[int]:
    """The first image of each class, of as many classes as fit, then the second, in this order."""
    classes = np.unique(labels)
    chosen: list[int] = []
    seen = 0
    while len(chosen) < min(_IMAGES, len(labels)):
        for name in classes:
            at = np.flatnonzero(labels == name)
            if seen < len(at) and len(chosen) < _IMAGES:
                chosen.append(int(at[seen]))
        seen += 1
    return sorted(chosen, key=lambda row: int(labels[row]))


def _shares(label: np.ndarray) -> tuple[tuple[int, float], ...]:
    order = np.argsort(-label, kind="stable")
    return tuple((int(at), round(float(label[at]), 3)) for at in order if label[at] >= _LEAST_SHARE)
