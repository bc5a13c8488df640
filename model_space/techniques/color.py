"""Training images of random brightness, contrast and colour."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Dial, Technique


def color(stages: Stages, strength: float) -> Stages:
    """Change brightness, contrast and colour by factors of 1 ± up to `strength`."""

    def build() -> ImageStage:
        from model_space.components.layers import RandomColor

        return RandomColor(strength)

    return replace(stages, augment=(*stages.augment, build))


TECHNIQUE = Technique(
    name="color",
    changes="training images: brightness, contrast and colour changed",
    source="Howard 2013, arXiv:1312.5402",
    apply=color,
    dials=(Dial("strength", low=0.1, usual=0.5, high=0.9),),
)
