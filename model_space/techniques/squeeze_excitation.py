"""Squeeze-and-excitation: channels weighted by what is in the whole image."""

from dataclasses import replace

from model_space.stages import Stages, Tensor
from model_space.technique import Technique

REDUCTION = 16
"""Channels for each unit of the bottleneck, as in the source."""


def _recalibrate(x: Tensor) -> Tensor:
    """Scale the channels of `x`, (batch, height, width, channels), by a gate in [0, 1] each."""
    from keras import layers

    channels = x.shape[-1]
    squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
    hidden = layers.Dense(max(1, channels // REDUCTION), activation="relu")(squeezed)
    return layers.Multiply()([x, layers.Dense(channels, activation="sigmoid")(hidden)])


def squeeze_excitation(stages: Stages) -> Stages:
    """Recalibrate every block's output, before a skip is added."""
    return replace(stages, recalibrate=_recalibrate)


TECHNIQUE = Technique(
    name="squeeze_excitation",
    changes="every block: its output's channels are weighted by gates of their means",
    source="Hu et al. 2018, arXiv:1709.01507",
    apply=squeeze_excitation,
)
