"""Dropout after every downsampling convolution."""

from dataclasses import replace

from model_space.stages import Stages, Tensor
from model_space.technique import Dial, Technique


def dropout(stages: Stages, rate: float) -> Stages:
    """Drop activations with probability `rate` while training."""

    def drop(x: Tensor) -> Tensor:
        from model_space.components.layers import Dropout

        return Dropout(rate)(x)

    return replace(stages, drop=drop)


TECHNIQUE = Technique(
    name="dropout",
    changes="every downsampling convolution: a share of its outputs is dropped in training",
    source="Srivastava et al. 2014, JMLR 15",
    apply=dropout,
    dials=(Dial("rate", low=0.05, usual=0.2, high=0.5),),
)
