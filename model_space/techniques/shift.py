"""Training images shifted at random."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Dial, Technique


def shift(stages: Stages, share: float) -> Stages:
    """Shift images across and down by up to this share of their sides."""

    def build() -> ImageStage:
        from model_space.components.layers import RandomShift

        return RandomShift(share)

    return replace(stages, augment=(*stages.augment, build))


TECHNIQUE = Technique(
    name="shift",
    changes="training images: shifted across and down, edges filled",
    source="the article",
    apply=shift,
    dials=(Dial("share", low=0.02, usual=0.2, high=0.4),),
)
