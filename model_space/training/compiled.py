"""A network and what trains it, compiled once, and begun anew for every run."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from model_space.budget import Budget
from model_space.custom.registry import OURS, Kit
from model_space.data import Data
from model_space.data.source import Part
from model_space.techniques import Choice
from model_space.training.backends import EVALUATION_BATCH, loops, making
from model_space.training.batches import shards
from model_space.training.objectives import ACCURACY, Objective
from model_space.training.plain_keras import plain
from model_space.training.setup import Made


class Traced:
    """What all runs of the same techniques and budget share: everything but values.

    Those are the weights, the optimizer's state, the random states, the techniques' dials and the
    order of the images.
    """

    def __init__(
        self, choice: Choice, data: Data, budget: Budget, seed: int, kit: Kit = OURS
    ) -> None:
        """Make everything as a run of this seed needs it; `begin` does so for another run."""
        self._data, self._budget, self._kit = data, budget, kit
        self._made = self._make(choice, seed, turnable=True)
        self.network, self.optimizer = self._made.network, self._made.optimizer
        self.variables: list[Any] = self._made.variables
        self._loops = loops(self._made, data, budget.batch_size)
        self.put, self.train = self._loops.put, self._loops.train
        """As those of `model_space.training.backends.Loops`."""

    def begin(self, choice: Choice, seed: int) -> None:
        """Give every variable the value that it has at the beginning of another run.

        It is made as for a network of that run's own, so that there is no telling them apart.
        `choice` holds the same techniques as before.
        """
        fresh = self._make(choice, seed)
        for variable, new in zip(self.variables, fresh.variables, strict=True):
            variable.assign(new)
        for (technique, dial), variable in self._made.dials.items():
            variable.assign(choice[technique][dial])

    def values(self) -> list[np.ndarray]:
        """The values of `variables`, copied."""
        return [np.asarray(variable.value).copy() for variable in self.variables]

    def accuracy(self, part: Part) -> float:
        """The share of images whose label the network names."""
        right = sum(self._loops.correct(self.put(s)) for s in shards(part, EVALUATION_BATCH))
        return right / len(part[1])

    def judge(self, objective: Objective, part: Part) -> tuple[float, float]:
        """The objective on some images, and their accuracy."""
        if objective is ACCURACY:  # no need of probabilities
            accuracy = self.accuracy(part)
            return accuracy, accuracy
        found = [self._loops.probabilities(self.put(s)) for s in shards(part, EVALUATION_BATCH)]
        labels, probabilities = part[1], np.concatenate(found)
        return objective.score(labels, probabilities), ACCURACY.score(labels, probabilities)

    def plain(self) -> Any:
        """A copy of the network as it is judged now, of Keras' own layers."""
        return plain(self.network, [np.asarray(value) for value in self._made.judged()])

    def _make(self, choice: Choice, seed: int, *, turnable: bool = False) -> Made:
        # Whatever Keras makes draws its seed from Python. Setting TensorFlow's own, which nothing
        # uses, would empty its cache of functions, and they take a second to make again.
        random.seed(seed)
        with making():
            return Made(choice, self._data, self._budget, self._kit, turnable=turnable)
