"""Three blocks a stage where the article has one."""

from dataclasses import replace

from model_space.stages import Stages
from model_space.technique import Technique


def deeper(stages: Stages) -> Stages:
    """Add two blocks to each stage: 22 convolutions for 10, and always twelve more."""
    return replace(stages, more_blocks=stages.more_blocks + 2)


TECHNIQUE = Technique(
    name="deeper",
    changes="every stage: two blocks more, 22 convolutions in place of 10",
    source="the article (its guess that skips help at about 20 layers)",
    apply=deeper,
)
