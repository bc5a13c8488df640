"""SiLU in place of ReLU."""

from dataclasses import replace

from model_space.recipe import Recipe, Tensor
from model_space.technique import Technique


def _silu(x: Tensor) -> Tensor:
    from keras import layers

    return layers.Activation("silu")(x)


def silu(recipe: Recipe) -> Recipe:
    """Activate by x · sigmoid(x)."""
    return replace(recipe, activate=_silu)


TECHNIQUE = Technique(
    name="silu",
    changes="every activation: x · sigmoid(x) in place of ReLU",
    source="Ramachandran et al. 2017, arXiv:1710.05941",
    apply=silu,
)
