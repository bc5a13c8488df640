"""SpecAugment: bands of frequency and of time masked."""

from dataclasses import replace

from model_space.stages import ImageStage, Stages
from model_space.technique import Dial, Technique


def spec_augment(stages: Stages, time: float) -> Stages:
    """Mask two bands of frequency, and two of up to this share of the time."""

    def build() -> ImageStage:
        from model_space.components.layers import SpecAugment

        return SpecAugment(time)

    return replace(stages, augment=(*stages.augment, build))


TECHNIQUE = Technique(
    name="spec_augment",
    changes="training images of sound, log-mel: two bands of frequency and two of time are masked",
    source="Park et al. 2019, arXiv:1904.08779",
    apply=spec_augment,
    dials=(Dial("time", low=0.05, usual=0.2, high=0.5),),
)
