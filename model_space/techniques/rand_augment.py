"""RandAugment: two of fourteen operations on every training image."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Dial, Technique


def rand_augment(stages: Stages, magnitude: float) -> Stages:
    """Change every image by two operations of that magnitude, from 0 to 10."""

    def build() -> ImageStage:
        from model_space.components.layers import RandAugment

        return RandAugment(magnitude)

    return replace(stages, augment=(*stages.augment, build))


TECHNIQUE = Technique(
    name="rand_augment",
    changes="training images: two of 14 operations each, geometric and of colour",
    source="Cubuk et al. 2020, arXiv:1909.13719",
    apply=rand_augment,
    dials=(Dial("magnitude", low=1.0, usual=9.0, high=10.0),),
)
