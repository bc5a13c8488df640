"""Weights that were trained on other images before."""

from dataclasses import replace

from model_space.stages import Stages
from model_space.technique import Technique


def pretrained(stages: Stages) -> Stages:
    """Begin with trained weights in place of random ones, but for the last layer."""
    return replace(stages, pretrained=True)


TECHNIQUE = Technique(
    name="pretrained",
    changes="weights to begin with: those of ImageNet, or of --weights, in place of random ones",
    source="Yosinski et al. 2014, arXiv:1411.1792",
    apply=pretrained,
)
