"""Training images mirrored at random."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Dial, Technique


def flip(stages: Stages, probability: float) -> Stages:
    """Mirror an image left to right, with that probability."""

    def build() -> ImageStage:
        from model_space.components.layers import RandomFlip

        return RandomFlip(probability)

    return replace(stages, augment=(*stages.augment, build))


TECHNIQUE = Technique(
    name="flip",
    changes="training images: some mirrored left to right",
    source="the article",
    apply=flip,
    dials=(Dial("probability", low=0.1, usual=0.5, high=0.5),),
)
