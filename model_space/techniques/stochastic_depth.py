"""Stochastic depth: whole blocks dropped in training."""

from dataclasses import replace

from model_space.stages import Stages, Tensor
from model_space.technique import Dial, Technique


def stochastic_depth(stages: Stages, rate: float) -> Stages:
    """Drop the last block's output of an image with probability `rate`, earlier ones' less."""

    def survive(y: Tensor, share: float) -> Tensor:
        from model_space.components.layers import StochasticDepth

        return StochasticDepth(rate, share)(y)

    return replace(stages, survive=survive)


TECHNIQUE = Technique(
    name="stochastic_depth",
    changes="every block: dropped for some images in training, later blocks more often",
    source="Huang et al. 2016, arXiv:1603.09382",
    apply=stochastic_depth,
    dials=(Dial("rate", low=0.05, usual=0.5, high=0.7),),
)
