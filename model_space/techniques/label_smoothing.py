"""Labels smoothed towards all classes."""

from dataclasses import replace
from typing import Any

from model_space.stages import Stages, Tensor
from model_space.technique import Dial, Technique


class Smoothed:
    """A loss of labels of which a share is spread evenly over the classes.

    Keras' losses have this as an option, which cannot be a variable.
    """

    def __init__(self, loss: Any, factor: Any) -> None:
        self.loss, self.factor = loss, factor

    def __call__(self, labels: Tensor, scores: Tensor) -> Tensor:
        """Return the loss of (batch, classes) labels and probabilities."""
        smoothed = labels + self.factor * (1 / labels.shape[-1] - labels)
        return self.loss(smoothed, scores)


def label_smoothing(stages: Stages, factor: float) -> Stages:
    """Share out `factor` of every label evenly among the classes."""
    return replace(stages, loss=lambda: Smoothed(stages.loss(), factor))


TECHNIQUE = Technique(
    name="label_smoothing",
    changes="loss: a share of every label is spread evenly over the classes",
    source="Szegedy et al. 2016, arXiv:1512.00567",
    apply=label_smoothing,
    dials=(Dial("factor", low=0.01, usual=0.1, high=0.3, log=True),),
)
