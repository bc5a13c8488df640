"""The block widths of the article's residual network."""

from dataclasses import replace

from model_space.stages import Stages
from model_space.technique import Technique


def late_widening(stages: Stages) -> Stages:
    """Widen the network after a block instead of in it, which halves the parameters."""
    return replace(stages, widths=(64, 64, 128))


TECHNIQUE = Technique(
    name="late_widening",
    changes="block widths: 64, 64, 128 in place of 64, 128, 256",
    source="the article (its residual network's plan)",
    apply=late_widening,
)
