"""One of several stages for each batch."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers, ops

from model_space.stages import BatchStage, Tensor


class OneOf(layers.Layer):  # type: ignore[misc]
    """Passes each batch through one of some stages, each as likely as the others."""

    def __init__(self, stages: Sequence[BatchStage]) -> None:
        super().__init__()
        self.stages = list(stages)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mix a batch of `images` and `labels`.

        Every stage mixes, and the result of one is taken: the random states of all must move on
        whichever is drawn, and mixing takes little time beside a training step.
        """
        drawn = keras.random.randint((), 0, len(self.stages), seed=self.seed_generator)
        mixed: dict[str, Tensor]
        mixed, *others = [stage(batch, training=True) for stage in self.stages]
        for number, other in enumerate(others, 1):
            mixed = {name: ops.where(drawn == number, other[name], mixed[name]) for name in mixed}
        return mixed
