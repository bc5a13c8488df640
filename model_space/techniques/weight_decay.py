"""Weight decay, decoupled from the gradient."""

from dataclasses import replace
from functools import partial

from model_space.stages import Stages
from model_space.technique import Dial, Technique


def weight_decay(stages: Stages, rate: float) -> Stages:
    """Shrink kernels by `rate` times the learning rate a step; biases and normalization stay."""
    return replace(stages, optimizer=partial(stages.optimizer, decoupled_decay=rate))


TECHNIQUE = Technique(
    name="weight_decay",
    changes="optimizer: kernels shrink by rate × learning rate a step, as in AdamW",
    source="Loshchilov & Hutter 2019, arXiv:1711.05101",
    apply=weight_decay,
    dials=(Dial("rate", low=0.01, usual=0.1, high=1.0, log=True),),
)
