"""A parameter-free skip around every block."""

from dataclasses import replace

from model_space.stages import Stages, Tensor
from model_space.technique import Technique


def _join(x: Tensor, y: Tensor) -> Tensor:
    from keras import layers, ops

    missing = y.shape[-1] - x.shape[-1]
    if missing:
        x = ops.pad(x, [[0, 0], [0, 0], [0, 0], [0, missing]])
    return layers.Add()([x, y])


def residual(stages: Stages) -> Stages:
    """Add a block's input to its output, padded with zero channels where the block is wider.

    The padding is option A of the source: it has no parameters, so the network keeps its ten
    convolutions and only the skips are new.
    """
    return replace(stages, join=_join)


TECHNIQUE = Technique(
    name="residual",
    changes="every block of two convolutions: its input is added to its output",
    source="He et al. 2016, arXiv:1512.03385 (option A)",
    apply=residual,
)
