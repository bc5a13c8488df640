"""Global average pooling in place of flattening."""

from dataclasses import replace

from model_space.stages import Stages, Tensor
from model_space.technique import Technique


def _pool(x: Tensor) -> Tensor:
    from keras import layers

    return layers.GlobalAveragePooling2D()(x)


def global_pooling(stages: Stages) -> Stages:
    """Average each channel of the last feature map."""
    return replace(stages, pool=_pool)


TECHNIQUE = Technique(
    name="global_pooling",
    changes="last feature map: averaged over its pixels, not flattened",
    source="Lin et al. 2014, arXiv:1312.4400",
    apply=global_pooling,
)
