"""The stages of a training run, from the image to the weights, which techniques replace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Tensor = Any
"""A tensor of whichever backend Keras runs on."""

ImageStage = Any
"""A Keras layer from images, (batch, height, width, channels) in [0, 1], to images alike."""

BatchStage = Any
"""A Keras layer from a dictionary of `images` and their `labels`, (batch, classes), to another."""


def _unchanged(x: Tensor) -> Tensor:
    return x


def _relu(x: Tensor) -> Tensor:
    from keras import layers

    return layers.ReLU()(x)


def _always(y: Tensor, share: float) -> Tensor:
    return y


def _without_skip(x: Tensor, y: Tensor) -> Tensor:
    return y


def _flatten(x: Tensor) -> Tensor:
    from keras import layers

    return layers.Flatten()(x)


def _cross_entropy() -> Any:
    from keras import losses

    return losses.CategoricalCrossentropy()


def _adam(learning_rate: Any, **options: Any) -> Any:
    from model_space.optimizers import Adam

    return Adam(learning_rate, **options)


def _constant(steps: int) -> float:
    return 1e-3


@dataclass(frozen=True)
class Stages:
    """The function of each stage, in the order in which an image meets them.

    The defaults are the article's base CNN. A technique replaces its stages with
    `dataclasses.replace` and leaves the others alone.

    The functions in `augment` and `mix` each build a Keras layer, once a run, after the run's seed
    is set: such layers keep random states, which Keras must track. The stages from `normalise` to
    `pool` are called wherever the network reaches them, and make the layers they need there.
    """

    augment: tuple[Callable[[], ImageStage], ...] = ()
    """Build the layers that augment a batch of training images, one after another."""
    mix: tuple[Callable[[], BatchStage], ...] = ()
    """Build the layers that mix a training batch of images and labels, after `augment`.

    Where there are several, each batch is mixed by one of them, drawn at random.
    """
    widths: tuple[int, int, int] = (64, 128, 256)
    """Channels of the block convolutions in each of the network's three stages, at width 1."""
    pretrained: bool = False
    """True for a network that begins with trained weights, where it has some."""
    frozen_base: bool = False
    """True for a network whose trained weights stay as they are, but for the last layer's."""
    more_blocks: int = 0
    """Blocks in each of the network's three stages, beyond those of the study's depth."""
    normalise: Callable[[Tensor], Tensor] = _unchanged
    """Takes a convolution's output, before its activation."""
    activate: Callable[[Tensor], Tensor] = _relu
    """Takes the output of every convolution and block: the nonlinearity."""
    recalibrate: Callable[[Tensor], Tensor] = _unchanged
    """Takes a block's output, before it is joined."""
    survive: Callable[[Tensor, float], Tensor] = _always
    """Takes a block's output after `recalibrate`, and the block's place as a share in (0, 1]."""
    join: Callable[[Tensor, Tensor], Tensor] = _without_skip
    """Takes a block's input x and output y; returns the input of what follows the block."""
    drop: Callable[[Tensor], Tensor] = _unchanged
    """Takes the output of every downsampling convolution, after its activation."""
    pool: Callable[[Tensor], Tensor] = _flatten
    """Takes the last feature map, (batch, height, width, channels); returns (batch, features)."""
    loss: Callable[[], Any] = _cross_entropy
    """Builds the loss of (batch, classes) labels and probabilities."""
    optimizer: Callable[..., Any] = _adam
    """Builds the Keras optimizer from a learning rate or schedule, and options of Adam."""
    schedule: Callable[[int], Any] = _constant
    """Returns the learning rate, or Keras schedule, for a run of that number of steps."""
    average: Callable[[Sequence[Any]], Any] | None = None
    """Builds the averages of the network's weights by which it is judged; None for the weights."""
