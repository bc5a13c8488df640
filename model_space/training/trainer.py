"""The trainer: trains one run after another on one data set."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Hashable, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import cached_property
from importlib import import_module
from pathlib import Path

import keras
import numpy as np

from model_space.budget import USUAL_RATE, Budget
from model_space.correctness import pack
from model_space.custom.registry import BUILT_IN, Registry
from model_space.data import Data
from model_space.data.source import Part
from model_space.mistakes import Mistakes
from model_space.outcome import Outcome, Report
from model_space.pictures import Picture, Strip
from model_space.recipe import Recipe
from model_space.training import picturing
from model_space.training.checkpoint import Checkpoint, removed_at_the_end
from model_space.training.compiled import CompiledRun
from model_space.training.plain_keras import check_plain
from model_space.training.run import TrainingRun
from model_space.training.scorers import ACCURACY, Scorer
from model_space.training.survey import Survey, survey

_MOST_SAMPLED = 1_000
"""Training images, at most, on which a detailed run follows its objective."""


class Trainer:
    """Trains runs on one data set, and keeps every network that it has compiled for them."""

    def __init__(
        self, data: Data, registry: Registry = BUILT_IN, scorer: Scorer = ACCURACY
    ) -> None:
        """Train recipes of the registry's techniques on `data`, and judge them by the scorer."""
        self._data, self._registry, self._scorer = data, registry, scorer
        self._fingerprint = data.fingerprint
        self._compiled: dict[Hashable, CompiledRun] = {}

    @property
    def networks(self) -> int:
        """The number of networks kept: one for each set of techniques and size of network."""
        return len(self._compiled)

    @property
    def parameters(self) -> int:
        """The number of parameters of all networks kept."""
        return sum(compiled.network.count_params() for compiled in self._compiled.values())

    @cached_property
    def _sample(self) -> Part:
        return self._data.training_sample(min(len(self._data.validation[1]), _MOST_SAMPLED))

    @cached_property
    def joined(self) -> Trainer:
        """A trainer on the training and validation images together, as `Data.joined` has them."""
        return Trainer(self._data.joined(), self._registry, self._scorer)

    def survey(self, techniques: Sequence[str], budget: Budget) -> Survey:
        """Try the user's code, and return what is to be known before a study relies on it.

        Raises `CustomCodeError` where some of the code cannot be used.
        """
        return survey(self._registry, techniques, self._data, budget)

    def strips(self, recipe: Recipe) -> tuple[Strip, ...]:
        """Draw some training images as the techniques of a recipe make them, each alone."""
        return picturing.strips(self._registry, recipe, self._data)

    def test_pictures(self, rows: Sequence[int]) -> tuple[Picture, ...]:
        """Draw some of the test images, given their rows."""
        return picturing.test_pictures(self._data, rows)

    def save(self, recipe: Recipe, budget: Budget, path: Path) -> None:
        """Write the network of the last run with these techniques and budget.

        The file, whose name ends in .keras, needs no kouka: its network takes float32 images in
        [0, 1] and returns probabilities.
        """
        self._compiled[self._registry.structure(recipe, budget)].plain().save(path)

    def train(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        stopping: Callable[[], bool] = lambda: False,
        *,
        kept: bool = False,
        detailed: bool = False,
    ) -> Outcome:
        """Train a recipe from scratch, or from the run's checkpoint.

        The seed sets the weights, the order of the images and every random draw: on one CPU the
        same call gives the same numbers, in one piece or resumed, whatever was trained before.
        Validation and test images are neither augmented nor mixed.

        `checkpoint` is a file for the state of the run, removed at its end unless it is to be
        `kept`. Where it holds this run, its epochs are reported again and the rest are trained;
        any other file counts as none. `stopping` is asked about once a second of training; where
        it returns True, the epochs so far are kept and `Stopped` is raised. The outcome of a
        `detailed` run has the mistakes on the test images and the objective on training images,
        of which there are as many as validation images, but no more than 1,000. Raises `OSError`
        where the checkpoint cannot be written.
        """
        with removed_at_the_end(None if kept else checkpoint):
            file = None
            if checkpoint is not None:
                file = Checkpoint(checkpoint, self._identity(recipe, budget, seed))
            return self._train(
                recipe, budget, seed, report, file, stopping, kept=kept, detailed=detailed
            )

    def _identity(self, recipe: Recipe, budget: Budget, seed: int) -> str:
        """Return a text that is the same for equal runs alone."""
        stored = asdict(budget)
        if budget.learning_rate == USUAL_RATE:
            del stored["learning_rate"]
        facts = {  # of these names, so that an earlier version's checkpoints count
            "choice": {name: dict(dials) for name, dials in recipe.items()},
            "data": self._fingerprint,
            "budget": stored,
            "own": self._registry.digests,
            "objective": self._scorer.name,
            "seed": seed,
            "keras": keras.__version__,
            keras.backend.backend(): import_module(keras.backend.backend()).__version__,
        }
        return json.dumps(facts, sort_keys=True)

    def _begin(self, recipe: Recipe, budget: Budget, seed: int) -> tuple[CompiledRun, bool]:
        """Return the network at the beginning of a run, and True where it was compiled before."""
        structure = self._registry.structure(recipe, budget)
        if (compiled := self._compiled.get(structure)) is not None:
            compiled.begin(recipe, budget, seed)
            return compiled, True
        compiled = CompiledRun(recipe, self._data, budget, seed, self._registry)
        self._compiled[structure] = compiled
        return compiled, False

    def _train(
        self,
        recipe: Recipe,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Checkpoint | None,
        stopping: Callable[[], bool],
        *,
        kept: bool,
        detailed: bool,
    ) -> Outcome:
        compiled, traced = self._begin(recipe, budget, seed)
        if kept:
            check_plain(compiled.network)  # raises now, and not at the end
        run = TrainingRun(
            compiled, self._data, budget, seed, self._scorer, report=report,
            checkpoint=checkpoint, stopping=stopping, traced=traced,
            sample=self._sample if detailed and not kept else None,
        )  # fmt: skip
        with closing(run):
            run.resume()
            while run.goes_on:
                run.train_epoch()
            if kept:
                run.save()
        tested = correct = mistakes = None
        if not run.stopped:
            if detailed and not run.diverged:
                labels, probabilities = self._data.test[1], compiled.probabilities(self._data.test)
                tested = self._scorer.score(labels, probabilities)
                correct = probabilities.argmax(axis=1) == labels
                mistakes = Mistakes.of(labels, probabilities).pack()
            else:
                tested, correct = compiled.judge(self._scorer, self._data.test)
            if not math.isfinite(tested):
                tested = self._scorer.chance(len(self._data.classes))
        steady = [epoch.seconds for epoch in run.epochs if not epoch.traced]
        return Outcome(
            objective=run.epochs[-1].objective,
            test_accuracy=None if correct is None else float(np.mean(correct)),
            test_objective=None if self._scorer is ACCURACY else tested,
            seconds_per_epoch=statistics.median(steady or [e.seconds for e in run.epochs]),
            parameters=compiled.network.count_params(),
            diverged=run.diverged,
            stopped=run.stopped,
            test_correct=None if correct is None else pack(correct),
            test_mistakes=mistakes,
            training=_finite([epoch.training for epoch in run.epochs]),
        )


def _finite(values: Sequence[float | None]) -> tuple[float, ...] | None:
    known = tuple(value for value in values if value is not None and math.isfinite(value))
    return known if len(known) == len(values) else None
