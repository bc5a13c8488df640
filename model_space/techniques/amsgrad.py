"""Adam that never lets its second-moment estimate fall."""

from dataclasses import replace
from functools import partial

from model_space.stages import Stages
from model_space.technique import Technique


def amsgrad(stages: Stages) -> Stages:
    """Turn Adam's AMSGrad variant on."""
    return replace(stages, optimizer=partial(stages.optimizer, amsgrad=True))


TECHNIQUE = Technique(
    name="amsgrad",
    changes="optimizer: Adam with AMSGrad",
    source="Reddi et al. 2018, arXiv:1904.09237",
    apply=amsgrad,
)
