"""A compiled run: its network and training loops, which later runs of the kind use again."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from model_space.budget import Budget
from model_space.custom.registry import BUILT_IN, Registry
from model_space.data import Data
from model_space.data.source import Part
from model_space.recipe import Recipe
from model_space.training.backends import EVALUATION_BATCH, loops, making
from model_space.training.batches import shards
from model_space.training.plain_keras import plain
from model_space.training.scorers import ACCURACY, Scorer
from model_space.training.setup import TrainingSetup


class CompiledRun:
    """The network and the loops that all runs of the same techniques and budget share.

    Runs differ in values alone: the weights, the optimizer's state, the random states, the
    techniques' dials, the learning rate where it is one number, and the order of the images.
    """

    def __init__(
        self, recipe: Recipe, data: Data, budget: Budget, seed: int, registry: Registry = BUILT_IN
    ) -> None:
        """Make all that a run of this seed needs; `begin` prepares it for another run."""
        self._data, self._registry = data, registry
        self._setup = self._make(recipe, budget, seed, variable_dials=True)
        self.network, self.optimizer = self._setup.network, self._setup.optimizer
        self.variables: list[Any] = self._setup.variables
        self._loops = loops(self._setup, data, budget.batch_size)
        self.put, self.train = self._loops.put, self._loops.train
        """The methods of `model_space.training.backends.Loops`."""

    def begin(self, recipe: Recipe, budget: Budget, seed: int) -> None:
        """Give every variable the value that it has at the beginning of another run.

        The values are those of a network that is made for that run, so the two runs train alike.
        `recipe` must have the same techniques on as before, and `budget` may have another learning
        rate where that is one number for all steps.
        """
        fresh = self._make(recipe, budget, seed)
        for variable, new in zip(self.variables, fresh.variables, strict=True):
            variable.assign(new)
        for (technique, dial), variable in self._setup.dials.items():
            variable.assign(recipe[technique][dial])

    def values(self) -> list[np.ndarray]:
        """Copy the values of `variables`."""
        return [np.asarray(variable.value).copy() for variable in self.variables]

    def correct(self, part: Part) -> np.ndarray:
        """Return booleans (N,): the images whose likeliest class is their label."""
        return np.concatenate(
            [self._loops.correct(self.put(each)) for each in shards(part, EVALUATION_BATCH)]
        )

    def judge(self, scorer: Scorer, part: Part) -> tuple[float, np.ndarray]:
        """Return the objective on some images, and booleans (N,): those that are named right."""
        if scorer is ACCURACY:  # which needs no probabilities
            correct = self.correct(part)
            return float(np.mean(correct)), correct
        labels, probabilities = part[1], self.probabilities(part)
        return scorer.score(labels, probabilities), probabilities.argmax(axis=1) == labels

    def probabilities(self, part: Part) -> np.ndarray:
        """Return the probabilities of the classes for every image, (N, classes)."""
        return np.concatenate(
            [self._loops.probabilities(self.put(each)) for each in shards(part, EVALUATION_BATCH)]
        )

    def plain(self) -> Any:
        """Copy the network, with the weights by which it is judged, as layers of Keras' own."""
        return plain(self.network, [np.asarray(value) for value in self._setup.judged()])

    def _make(
        self, recipe: Recipe, budget: Budget, seed: int, *, variable_dials: bool = False
    ) -> TrainingSetup:
        # Whatever Keras makes draws its seed from Python. Setting TensorFlow's own, which nothing
        # uses, would empty its cache of functions, and they take a second to make again.
        random.seed(seed)
        np.random.seed(seed % 2**32)  # for the user's own, as Keras draws from Python alone
        with making():
            return TrainingSetup(
                recipe, self._data, budget, self._registry, variable_dials=variable_dials
            )
