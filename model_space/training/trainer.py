"""One training run: a recipe, a data set, a budget and a seed to its objective by epoch."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from model_space.budget import Budget
from model_space.custom.loading import OwnError, in_a_line
from model_space.custom.registry import OURS, Kit, unsupported
from model_space.data import Data
from model_space.techniques import Choice
from model_space.training.batches import ahead, orders, shards
from model_space.training.checkpoint import Checkpoint, Epoch, State, Stopped, removed_at_the_end
from model_space.training.compiled import Traced
from model_space.training.objectives import ACCURACY, Objective
from model_space.training.setup import Made

_SURVEYED = 8
"""Images that a technique of the user's own is tried on."""
CHECKPOINT_SECONDS = 20
"""How much of a run, at least, lies between two writings of its checkpoint."""
_SHORTEST_CALL = 0.25
"""Seconds of training that are done in one call, at least, once the pace is known."""


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    objective: float
    """On the validation images after the last epoch; chance level where it diverged."""
    test_accuracy: float | None
    """Accuracy on the test images, a fraction; None where the run was stopped early."""
    test_objective: float | None
    """The objective on the test images; None where it was stopped, or where that is accuracy."""
    seconds_per_epoch: float
    """Median over the epochs, those left out in which the network was traced."""
    parameters: int
    diverged: bool


Report = Callable[[int, float], bool]
"""Takes the epoch, from 1, and its validation objective; returns whether to go on."""


class Trainer:
    """Trains runs on one data set, and keeps every network that it has traced for them."""

    def __init__(self, data: Data, kit: Kit = OURS, objective: Objective = ACCURACY) -> None:
        """Train on `data` what the kit holds, and judge it by the objective."""
        self._data, self._kit, self._objective = data, kit, objective
        self._fingerprint = data.fingerprint()
        self._traced: dict[tuple[Hashable, Budget], Traced] = {}

    @property
    def networks(self) -> int:
        """How many it keeps: one for each set of techniques and budget."""
        return len(self._traced)

    @cached_property
    def joined(self) -> Trainer:
        """Trains on the validation images too; what it reports by epoch is `Data.joined`'s."""
        return Trainer(self._data.joined(), self._kit, self._objective)

    def survey(self, names: Sequence[str], budget: Budget) -> tuple[str, ...]:
        """Look at what is the user's own before it is relied on.

        Returns which of some techniques the network has no stage for. Raises `OwnError` where the
        network, or a batch to train on, cannot be made, or is not what it must be.
        """
        data, classes = self._data, len(self._data.classes)
        left_out = unsupported(self._kit, names, data.image_shape, classes, budget)
        images, labels = (part[:_SURVEYED] for part in data.train)
        for technique in self._kit.own:
            if technique.name in left_out:
                continue
            choice = {technique.name: {dial.name: dial.usual for dial in technique.dials}}
            try:
                batch = Made(choice, data, budget, self._kit).training_batch(images, labels)
                made, shares = (keras.ops.convert_to_numpy(batch[n]) for n in ("images", "labels"))
            except Exception as error:
                raise OwnError(
                    f"the technique {technique.name} cannot make a batch to train on: "
                    f"{in_a_line(error)}"
                ) from error
            if made.shape != images.shape or shares.shape != (len(labels), classes):
                raise OwnError(
                    f"the technique {technique.name} made images of shape {made.shape} and labels "
                    f"of shape {shares.shape} from {images.shape} and {(len(labels), classes)}; "
                    "it keeps both"
                )
            if not (np.isfinite(made).all() and np.allclose(shares.sum(axis=1), 1, atol=1e-3)):
                raise OwnError(
                    f"the technique {technique.name} made images that are not numbers, or labels "
                    "whose shares of the classes do not sum to 1"
                )
        return left_out

    def save(self, choice: Choice, budget: Budget, path: Path) -> None:
        """Write the network that the last run of these techniques and budget has left.

        The file, whose name ends in .keras, is one of Keras' own that needs no kouka: from
        float32 images in [0, 1] to probabilities.
        """
        self._traced[self._kit.structure(choice), budget].plain().save(path)

    def train(
        self,
        choice: Choice,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        stopping: Callable[[], bool] = lambda: False,
        *,
        kept: bool = False,
    ) -> Outcome:
        """Train the recipe of the chosen techniques from scratch, or from the run's checkpoint.

        The seed sets the weights, the order of the images and every random draw: on one CPU the
        same call gives the same numbers, in one piece or resumed, whatever was trained before.
        Validation and test images pass through neither augmentation nor mixing.

        `checkpoint` is the file that keeps the run while it lasts, and afterwards too where it is
        to be `kept`. Where it holds this run, its epochs are reported again and the rest are
        trained; any other file counts as none.
        `stopping` is asked every second or so of training; where it answers true, the epochs that
        are over are kept and `Stopped` is raised. Raises `OSError` where the checkpoint cannot
        be written.
        """
        with removed_at_the_end(None if kept else checkpoint):
            file = None
            if checkpoint is not None:
                file = Checkpoint(checkpoint, self._identity(choice, budget, seed))
            return self._train(choice, budget, seed, report, file, stopping, kept)

    def _identity(self, choice: Choice, budget: Budget, seed: int) -> str:
        facts = {
            "choice": {name: dict(dials) for name, dials in choice.items()},
            "data": self._fingerprint,
            "budget": asdict(budget),
            "own": self._kit.digests,
            "objective": self._objective.name,
            "seed": seed,
            "keras": keras.__version__,
            keras.backend.backend(): version(keras.backend.backend()),
        }
        return json.dumps(facts, sort_keys=True)

    def _begin(self, choice: Choice, budget: Budget, seed: int) -> tuple[Traced, bool]:
        """The network as the run begins with it, and whether an earlier run has traced it."""
        structure = self._kit.structure(choice), budget
        if (traced := self._traced.get(structure)) is not None:
            traced.begin(choice, seed)
            return traced, True
        traced = self._traced[structure] = Traced(choice, self._data, budget, seed, self._kit)
        return traced, False

    def _train(
        self,
        choice: Choice,
        budget: Budget,
        seed: int,
        report: Report,
        file: Checkpoint | None,
        stopping: Callable[[], bool],
        kept: bool,
    ) -> Outcome:
        traced, again = self._begin(choice, budget, seed)
        if kept:
            traced.plain()  # raises now where the network could not be saved at the end
        run = _Run(traced, again, self._data, budget, seed, self._objective, report, file, stopping)
        run.resume()
        while run.goes_on:
            run.train_epoch()
        if kept:
            run.save()
        tested = accuracy = None
        if not run.stopped:
            tested, accuracy = traced.judge(self._objective, self._data.test)
            if not math.isfinite(tested):
                tested = self._objective.chance(len(self._data.classes))
        steady = [epoch.seconds for epoch in run.epochs if not epoch.traced]
        return Outcome(
            objective=run.epochs[-1].objective,
            test_accuracy=accuracy,
            test_objective=None if self._objective is ACCURACY else tested,
            seconds_per_epoch=statistics.median(steady or [e.seconds for e in run.epochs]),
            parameters=traced.network.count_params(),
            diverged=run.diverged,
        )


class _Run:
    """A run under way: its epochs so far, and what the next one takes."""

    def __init__(
        self,
        traced: Traced,
        again: bool,
        data: Data,
        budget: Budget,
        seed: int,
        objective: Objective,
        report: Report,
        file: Checkpoint | None,
        stopping: Callable[[], bool],
    ) -> None:
        self._traced, self._data, self._budget = traced, data, budget
        self._objective = objective
        self._orders = orders(len(data.train[0]), seed)
        self._shards = ahead(self._cut())
        self._report, self._file, self._stopping = report, file, stopping
        self._again = again
        self._batches = 1  # in one call, which nothing stops
        self._state: State | None = None
        self._saved = time.monotonic()
        self.epochs: list[Epoch] = []
        self.diverged = self.stopped = False

    @property
    def goes_on(self) -> bool:
        """Whether there is another epoch to train."""
        return len(self.epochs) < self._budget.epochs and not (self.diverged or self.stopped)

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one: report its epochs again."""
        if self._file is None or (state := self._file.load(self._traced.values())) is None:
            return
        for variable, value in zip(self._traced.variables, state.variables, strict=True):
            variable.assign(value)
        for epoch in state.epochs:
            next(self._orders)
            self._add(epoch)
            if self.stopped:
                break

    def train_epoch(self) -> None:
        """Train an epoch, validate and report it, and keep the run as it is after it."""
        began = time.perf_counter()
        loss = self._train()
        self.diverged = not math.isfinite(loss)
        if not self.diverged:
            objective, _ = self._traced.judge(self._objective, self._data.validation)
            self.diverged = not math.isfinite(objective)  # of weights that the last step broke
        if self.diverged:
            objective = self._objective.chance(len(self._data.classes))
        self._add(Epoch(objective, time.perf_counter() - began, traced=not self._again))
        self._again = True
        if self._file is not None and not (self.diverged or self.stopped):
            self._state = State(list(self.epochs), self._traced.values())
            if time.monotonic() - self._saved >= CHECKPOINT_SECONDS:
                self.save()

    def save(self) -> None:
        """Keep the run as it was after its last epoch, if there is a file for it."""
        if self._file is not None and self._state is not None:
            self._file.save(self._state)
            self._saved = time.monotonic()

    def _train(self) -> float:
        images, _ = self._data.train
        loss, left = 0.0, len(images)
        while left:
            shard, size = next(self._shards)
            left -= size
            first = 0
            while first < size:
                if self._stopping():
                    self.save()
                    raise Stopped
                began = time.perf_counter()
                last = min(size, first + self._batches * self._budget.batch_size)
                loss += self._traced.train(shard, first, last)
                first = last
                if time.perf_counter() - began < _SHORTEST_CALL:
                    self._batches *= 2
        return loss

    def _cut(self) -> Iterator[tuple[Any, int]]:
        """The shards of one epoch after another, where they are trained on, and their sizes."""
        for order in self._orders:
            for shard in shards(self._data.train, self._budget.batch_size, order):
                yield self._traced.put(shard), len(shard[1])

    def _add(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        self.stopped = not self._report(len(self.epochs), epoch.objective)
