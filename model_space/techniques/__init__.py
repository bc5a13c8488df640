"""The techniques, one file each; a new one is a new file and its name in `TECHNIQUES`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from model_space.recipe import Recipe
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
"""The article's, in its order; then the newer ones, in the order of the stages."""

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

`modern` is what image classifiers are trained with today; `sound` is for log-mel images, of which
neither a turned nor a patched one is a sound. Both have sixteen, the most that 32 runs measure.
"""

Choice = Mapping[str, Mapping[str, float]]
"""The techniques that are on, each with the values of its dials."""


def usual(names: Collection[str]) -> Choice:
    """These techniques, their dials at the usual values."""
    return {t.name: {d.name: d.usual for d in t.dials} for t in TECHNIQUES if t.name in names}


def compose(choice: Choice, techniques: Sequence[Technique] = TECHNIQUES) -> Recipe:
    """Return the base recipe with the chosen techniques on, in the order of `techniques`."""
    recipe = Recipe()
    for candidate in techniques:
        if candidate.name in choice:
            recipe = candidate.apply(recipe, **choice[candidate.name])
    return recipe
