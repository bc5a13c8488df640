"""Techniques, one file each; a new one is a new file and its name in `TECHNIQUES`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from model_space.recipe import Recipe
from model_space.stages import Stages
from model_space.technique import Factor, Technique
from model_space.techniques import (
    amsgrad,
    augmentation,
    batch_norm,
    color,
    cosine_schedule,
    crop,
    cutmix,
    deeper,
    dropout,
    flip,
    frozen_base,
    global_pooling,
    label_smoothing,
    late_widening,
    mixup,
    pretrained,
    rand_augment,
    random_erasing,
    residual,
    rotation,
    shift,
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
    flip.TECHNIQUE,
    shift.TECHNIQUE,
    rotation.TECHNIQUE,
    crop.TECHNIQUE,
    color.TECHNIQUE,
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
    pretrained.TECHNIQUE,
    frozen_base.TECHNIQUE,
)
"""The article's techniques, in its order, then the newer ones, in the order of the stages; those
that need weights to begin with come last."""

NEED_WEIGHTS = ("pretrained", "frozen_base")
"""The techniques of networks that have weights to begin with."""

_PARTS = ("flip", "shift", "rotation", "crop", "color")

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
    "parts": _PARTS,
    "transfer": (
        "augmentation", "dropout", "mixup", "label_smoothing", "weight_decay", "cosine_schedule",
        *NEED_WEIGHTS,
    ),
    "all": tuple(t.name for t in TECHNIQUES if t.name not in (*_PARTS, *NEED_WEIGHTS)),
}  # fmt: skip
"""Names for several techniques.

`modern` is for images, as classifiers are trained today. `sound` is for log-mel images, and has no
technique that rotates or patches them. Both have sixteen techniques, the most that 32 runs measure.
`parts` is augmentation in parts; `all` has the article's in their place. `transfer` is for networks
that have weights to begin with, which the article's has not; `all` has what it can train with.
"""


def beside(own: Iterable[Factor]) -> tuple[Technique, ...]:
    """Return the techniques, without those that the user's own replace.

    Only a technique that kouka added later, when users may have had one of that name, gives way.
    """
    names = {one.name for one in own}
    later = (*_PARTS, *NEED_WEIGHTS)
    return tuple(t for t in TECHNIQUES if t.name not in later or t.name not in names)


def overlap(names: Collection[str]) -> str | None:
    """Return why these cannot be in one study, in a few words; None where they can."""
    for one in TECHNIQUES:
        for part in one.parts:
            if one.name in names and part in names:
                return (
                    f"{one.name} is {', '.join(one.parts[:-1])} and {one.parts[-1]} together, so "
                    f"{part} cannot be studied beside it; name {one.name} or its parts"
                )
    return None


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
