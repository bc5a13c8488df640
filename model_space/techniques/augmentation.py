"""Random rotations, shifts and flips of the training images."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Technique


def _augment() -> ImageStage:
    from model_space.components.layers import RandomAffine

    return RandomAffine(degrees=20, shift=0.2)


def augmentation(stages: Stages) -> Stages:
    """Turn the article's image augmentation on."""
    return replace(stages, augment=(*stages.augment, _augment))


TECHNIQUE = Technique(
    name="augmentation",
    changes="training images: rotated ±20°, shifted ±20 %, flipped left-right, edges filled",
    source="the article",
    apply=augmentation,
    parts=("flip", "shift", "rotation"),
)
