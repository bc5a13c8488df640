"""The techniques, one file each; a new one is a new file and its name in `TECHNIQUES`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from model_space.recipe import Recipe
from model_space.technique import Technique
from model_space.techniques import (
    amsgrad,
    augmentation,
    batch_norm,
    dropout,
    global_pooling,
    late_widening,
    mixup,
    residual,
)

TECHNIQUES: tuple[Technique, ...] = (
    augmentation.TECHNIQUE,
    batch_norm.TECHNIQUE,
    residual.TECHNIQUE,
    late_widening.TECHNIQUE,
    global_pooling.TECHNIQUE,
    dropout.TECHNIQUE,
    mixup.TECHNIQUE,
    amsgrad.TECHNIQUE,
)
"""In the article's order."""

Choice = Mapping[str, Mapping[str, float]]
"""The techniques that are on, each with the values of its dials."""


def technique(name: str) -> Technique:
    """Return the technique of that name; `KeyError` where there is none."""
    return {t.name: t for t in TECHNIQUES}[name]


def usual(names: Collection[str]) -> Choice:
    """These techniques, their dials at the usual values."""
    return {t.name: {d.name: d.usual for d in t.dials} for t in TECHNIQUES if t.name in names}


def compose(choice: Choice) -> Recipe:
    """Return the base recipe with the chosen techniques on, applied in the article's order."""
    recipe = Recipe()
    for candidate in TECHNIQUES:
        if candidate.name in choice:
            recipe = candidate.apply(recipe, **choice[candidate.name])
    return recipe
