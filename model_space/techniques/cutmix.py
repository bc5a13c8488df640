"""CutMix: training on images with a box of another pasted in."""

from dataclasses import replace

from model_space.stages import BatchStage, Stages
from model_space.technique import Dial, Technique


def cutmix(stages: Stages, alpha: float) -> Stages:
    """Paste a box into each image, of a share that is drawn from Beta(alpha, alpha)."""

    def build() -> BatchStage:
        from model_space.components.layers import CutMix

        return CutMix(alpha)

    return replace(stages, mix=(*stages.mix, build))


TECHNIQUE = Technique(
    name="cutmix",
    changes="training batches: a box of another image is pasted in, labels mixed by its area",
    source="Yun et al. 2019, arXiv:1905.04899",
    apply=cutmix,
    dials=(Dial("alpha", low=0.2, usual=1.0, high=2.0, log=True),),
)
