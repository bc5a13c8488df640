"""SiLU in place of ReLU."""

from dataclasses import replace

from model_space.stages import Stages, Tensor
from model_space.technique import Technique


def _silu(x: Tensor) -> Tensor:
    from keras import layers

    return layers.Activation("silu")(x)


def silu(stages: Stages) -> Stages:
    """Activate by x · sigmoid(x)."""
    return replace(stages, activate=_silu)


TECHNIQUE = Technique(
    name="silu",
    changes="every activation: x · sigmoid(x) in place of ReLU",
    source="Ramachandran et al. 2017, arXiv:1710.05941",
    apply=silu,
)
