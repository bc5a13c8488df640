"""Training of the last layer alone, on pretrained weights."""

from dataclasses import replace

from model_space.stages import Stages
from model_space.technique import Technique


def frozen_base(stages: Stages) -> Stages:
    """Keep pretrained weights as they are; a network that has none yet trains as ever."""
    return replace(stages, frozen_base=True)


TECHNIQUE = Technique(
    name="frozen_base",
    changes="pretrained weights: kept as they are, so that the last layer alone is trained",
    source="Razavian et al. 2014, arXiv:1403.6382",
    apply=frozen_base,
    needs="pretrained",
)
