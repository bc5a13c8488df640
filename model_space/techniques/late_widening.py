"""The block widths of the article's residual network."""

from dataclasses import replace

from model_space.recipe import Recipe
from model_space.technique import Technique


def late_widening(recipe: Recipe) -> Recipe:
    """Widen the network after a block instead of in it, which halves the parameters."""
    return replace(recipe, widths=(64, 64, 128))


TECHNIQUE = Technique(
    name="late_widening",
    changes="block widths: 64, 64, 128 in place of 64, 128, 256",
    source="the article (its residual network's plan)",
    apply=late_widening,
)
