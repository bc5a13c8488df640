"""Batch normalization before every ReLU."""

from dataclasses import replace

from model_space.stages import Stages, Tensor
from model_space.technique import Technique

# Keras' default of 0.99 needs about 500 steps before the moving averages mean anything; in a
# shorter run the validation accuracy would show that lag instead of the technique.
MOMENTUM = 0.9


def _normalise(x: Tensor) -> Tensor:
    from model_space.components.layers import BatchNormalization

    return BatchNormalization(momentum=MOMENTUM)(x)


def batch_norm(stages: Stages) -> Stages:
    """Turn batch normalization on."""
    return replace(stages, normalise=_normalise)


TECHNIQUE = Technique(
    name="batch_norm",
    changes="every convolution: batch normalization before its activation",
    source="Ioffe & Szegedy 2015, arXiv:1502.03167",
    apply=batch_norm,
)
