"""Polyak averaging: judged by averages of the weights."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from model_space.recipe import Recipe
from model_space.technique import Dial, Technique


def weight_ema(recipe: Recipe, momentum: float) -> Recipe:
    """Validate and test with exponential moving averages of the weights.

    Those of batch normalization's statistics are averaged too, or they would not fit the weights.
    """

    def build(weights: Sequence[Any]) -> Any:
        from model_space.components.averages import WeightAverages

        return WeightAverages(weights, momentum)

    return replace(recipe, average=build)


TECHNIQUE = Technique(
    name="weight_ema",
    changes="validation and test: by exponential moving averages of the weights",
    source="Polyak & Juditsky 1992, SIAM J. Control Optim. 30",
    apply=weight_ema,
    dials=(Dial("momentum", low=0.9, usual=0.999, high=0.9999),),
)
