"""Random rotations, shifts and flips of the training images."""

from dataclasses import replace

from model_space.recipe import ImageStage, Recipe
from model_space.technique import Technique


def _augment() -> ImageStage:
    from keras import layers

    flip = layers.RandomFlip("horizontal")
    shift = layers.RandomTranslation(0.2, 0.2, fill_mode="nearest")
    rotate = layers.RandomRotation(20 / 360, fill_mode="nearest")
    return lambda images: rotate(shift(flip(images)))


def augmentation(recipe: Recipe) -> Recipe:
    """Turn the article's image augmentation on."""
    return replace(recipe, augment=_augment)


TECHNIQUE = Technique(
    name="augmentation",
    changes="training images: rotated ±20°, shifted ±20 %, flipped left-right, edges filled",
    source="the article",
    apply=augmentation,
)
