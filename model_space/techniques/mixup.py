"""Mixup: training on convex combinations of images and of their labels."""

from dataclasses import replace

from model_space.stages import BatchStage, Stages
from model_space.technique import Dial, Technique


def mixup(stages: Stages, alpha: float) -> Stages:
    """Mix each image, and its label alike, with another of its batch by a Beta(alpha, alpha)."""

    def build() -> BatchStage:
        from model_space.components.layers import MixUp

        return MixUp(alpha)

    return replace(stages, mix=(*stages.mix, build))


TECHNIQUE = Technique(
    name="mixup",
    changes="training batches: images and labels mixed in pairs by a Beta(alpha, alpha) weight",
    source="Zhang et al. 2018, arXiv:1710.09412",
    apply=mixup,
    dials=(Dial("alpha", low=0.05, usual=0.2, high=1.0, log=True),),
)
