"""Polyak averaging: judged by averages of the weights."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from model_space.stages import Stages
from model_space.technique import Dial, Technique


def weight_ema(stages: Stages, momentum: float) -> Stages:
    """Validate and test with exponential moving averages of the weights.

    The statistics of batch normalization are averaged too, to fit the averaged weights.
    """

    def build(weights: Sequence[Any]) -> Any:
        from model_space.components.weight_averages import WeightAverages

        return WeightAverages(weights, momentum)

    return replace(stages, average=build)


TECHNIQUE = Technique(
    name="weight_ema",
    changes="validation and test: by exponential moving averages of the weights",
    source="Polyak & Juditsky 1992, SIAM J. Control Optim. 30",
    apply=weight_ema,
    dials=(Dial("momentum", low=0.9, usual=0.999, high=0.9999),),
)
