"""Training images cropped at random."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Dial, Technique


def crop(stages: Stages, cut: float) -> Stages:
    """Cut away up to this share of an image, and stretch the rest to its size."""

    def build() -> ImageStage:
        from model_space.components.layers import RandomCrop

        return RandomCrop(cut)

    return replace(stages, augment=(*stages.augment, build))


TECHNIQUE = Technique(
    name="crop",
    changes="training images: a part of each, stretched to the whole size",
    source="Szegedy et al. 2015, arXiv:1409.4842",
    apply=crop,
    dials=(Dial("cut", low=0.1, usual=0.5, high=0.92),),
)
