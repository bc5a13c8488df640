"""Training images turned at random."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Dial, Technique


def rotation(stages: Stages, degrees: float) -> Stages:
    """Turn images by up to so many degrees, either way."""

    def build() -> ImageStage:
        from model_space.components.layers import RandomRotation

        return RandomRotation(degrees)

    return replace(stages, augment=(*stages.augment, build))


TECHNIQUE = Technique(
    name="rotation",
    changes="training images: turned either way, edges filled",
    source="the article",
    apply=rotation,
    dials=(Dial("degrees", low=2.0, usual=20.0, high=45.0),),
)
