"""Rectangles of the training images erased."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Dial, Technique


def random_erasing(stages: Stages, probability: float) -> Stages:
    """Fill a rectangle of an image with noise, with that probability."""

    def build() -> ImageStage:
        from model_space.components.layers import RandomErasing

        return RandomErasing(probability)

    return replace(stages, augment=(*stages.augment, build))


TECHNIQUE = Technique(
    name="random_erasing",
    changes="training images: a rectangle of 2 to 40 % of some is filled with noise",
    source="Zhong et al. 2020, arXiv:1708.04896",
    apply=random_erasing,
    dials=(Dial("probability", low=0.1, usual=0.5, high=1.0),),
)
