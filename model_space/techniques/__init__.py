"""Techniques, one file each; a new one is a new file and its name in `TECHNIQUES`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from model_space.recipe import Recipe
from model_space.stages import Stages
from model_space.technique import Technique
from model_space.techniques import (
    amsgrad,
    augmentation,
    batch_norm,
    cosine_schedule,
    cutmix,
    deeper,
    dropout,
    global_pooling,
    label_smoothing,
    late_widening,
    mixup,
    rand_augment,
    random_erasing,
    residual,
    silu,
    spec_augment,
    squeeze_excitation,
    stochastic_depth,
    weight_decay,
    weight_ema,
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
    rand_augment.TECHNIQUE,
    random_erasing.TECHNIQUE,
    spec_augment.TECHNIQUE,
    cutmix.TECHNIQUE,
    deeper.TECHNIQUE,
    silu.TECHNIQUE,
    squeeze_excitation.TECHNIQUE,
    stochastic_depth.TECHNIQUE,
    label_smoothing.TECHNIQUE,
    weight_decay.TECHNIQUE,
    cosine_schedule.TECHNIQUE,
    weight_ema.TECHNIQUE,
)
"""The article's techniques, in its order, then the newer ones, in the order of the stages."""

SETS: Mapping[str, tuple[str, ...]] = {
    "article": tuple(t.name for t in TECHNIQUES[:8]),
    "modern": (
        "augmentation", "batch_norm", "residual", "global_pooling", "mixup", "rand_augment",
        "random_erasing", "cutmix", "deeper", "silu", "squeeze_excitation", "stochastic_depth",
        "label_smoothing", "weight_decay", "cosine_schedule", "weight_ema",
    ),
    "sound": (
        "batch_norm", "residual", "late_widening", "global_pooling", "dropout", "mixup", "amsgrad",
        "spec_augment", "deeper", "silu", "squeeze_excitation", "stochastic_depth",
        "label_smoothing", "weight_decay", "cosine_schedule", "weight_ema",
    ),
    "all": tuple(t.name for t in TECHNIQUES),
}  # fmt: skip
"""Names for several techniques.

`modern` is for images, as classifiers are trained today. `sound` is for log-mel images, and has no
technique that rotates or patches them. Both have sixteen techniques, the most that 32 runs measure.
"""


def usual(names: Collection[str]) -> Recipe:
    """Return the recipe of these techniques, their dials at the usual values."""
    return {t.name: {d.name: d.usual for d in t.dials} for t in TECHNIQUES if t.name in names}


def compose(recipe: Recipe, techniques: Sequence[Technique] = TECHNIQUES) -> Stages:
    """Return the stages of a recipe, its techniques applied in the order of `techniques`."""
    stages = Stages()
    for candidate in techniques:
        if candidate.name in recipe:
            stages = candidate.apply(stages, **recipe[candidate.name])
    return stages
