"""A network of one stage of the article's three, which takes a third of the time to trace."""

from __future__ import annotations

from dataclasses import replace

import keras
import pytest

from model_space.custom.registry import Registry
from model_space.networks import article
from model_space.stages import Stages


def build(
    image_shape: tuple[int, ...], classes: int, stages: Stages, *, width: float, depth: int
) -> keras.Model:
    """As the article's, but for the stages that it leaves out."""
    first = replace(stages, widths=stages.widths[:1])  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(article, "_DOWNSAMPLED", article._DOWNSAMPLED[:1])
        return article.build(image_shape, classes, first, width=width, depth=depth)


SHALLOW = Registry(build=build)
