"""A learning rate that warms up, then falls along a cosine."""

from dataclasses import replace
from typing import Any

from model_space.stages import Stages
from model_space.technique import Technique

WARM_UP = 0.05
"""A share of the steps: 5 of 90 epochs in Goyal et al. 2017, arXiv:1706.02677."""
PEAK = 1e-3
"""The usual rate without this schedule, so that its course is all that is new."""


def cosine(steps: int) -> Any:
    """Return the learning rates of steps 0 to `steps` - 1, all of them above zero."""
    from keras.optimizers.schedules import CosineDecay

    warm_up = int(WARM_UP * steps)
    return CosineDecay(
        PEAK / (warm_up + 1), steps - warm_up, warmup_target=PEAK, warmup_steps=warm_up
    )


def cosine_schedule(stages: Stages) -> Stages:
    """Warm up linearly for a twentieth of the run, then fall to zero along half a cosine."""
    return replace(stages, schedule=cosine)


TECHNIQUE = Technique(
    name="cosine_schedule",
    changes="learning rate: up for 5 % of the run, then down to 0 along a cosine",
    source="Loshchilov & Hutter 2017, arXiv:1608.03983",
    apply=cosine_schedule,
)
