"""A recipe: the techniques that are on, and their dials."""

from collections.abc import Mapping

from model_space.stages import BatchStage, ImageStage, Tensor

# The names of stages' types are for technique files that were written when they stood here.
__all__ = ["BatchStage", "ImageStage", "Recipe", "Tensor"]

Recipe = Mapping[str, Mapping[str, float]]
"""The techniques that are on, by name, each with the values of its dials; all others are off."""
