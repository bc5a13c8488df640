"""One training run: a recipe, a data set, a budget and a seed to accuracies by epoch."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from model_space.budget import Budget
from model_space.checkpoint import Checkpoint, Epoch, State, Stopped, removed_at_the_end
from model_space.data import Data
from model_space.techniques import Choice
from model_space.traced import Sets, Traced

CHECKPOINT_SECONDS = 20
"""How much of a run, at least, lies between two writings of its checkpoint."""
_SHORTEST_CALL = 0.25
"""Seconds of training that TensorFlow does in one call, at least, once the pace is known."""


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    accuracy: float
    """Validation accuracy after the last epoch, a fraction; chance level where it diverged."""
    test_accuracy: float | None
    """Accuracy on the test images, a fraction; None where the run was stopped early."""
    seconds_per_epoch: float
    """Median over the epochs, those left out in which the network was traced."""
    parameters: int
    diverged: bool


Report = Callable[[int, float], bool]
"""Takes the epoch, from 1, and its validation accuracy; returns whether to go on."""


class Trainer:
    """Trains runs on one data set, and keeps every network that it has traced for them."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._fingerprint = data.fingerprint()
        self._sets: Sets | None = None
        self._traced: dict[tuple[frozenset[str], Budget], Traced] = {}

    @property
    def networks(self) -> int:
        """How many it keeps: one for each set of techniques and budget."""
        return len(self._traced)

    def train(
        self,
        choice: Choice,
        budget: Budget,
        seed: int,
        report: Report,
        checkpoint: Path | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        """Train the recipe of the chosen techniques from scratch, or from the run's checkpoint.

        The seed sets the weights, the order of the images and every random draw: on one CPU the
        same call gives the same accuracies, in one piece or resumed, whatever was trained before.
        Validation and test images pass through neither augmentation nor mixing.

        `checkpoint` is the file that keeps the run while it lasts. Where it holds this run, its
        epochs are reported again and the rest are trained; any other file counts as none.
        `stopping` is asked every second or so of training; where it answers true, the epochs that
        are over are kept and `Stopped` is raised. Raises `OSError` where the checkpoint cannot
        be written.
        """
        with removed_at_the_end(checkpoint):
            file = None
            if checkpoint is not None:
                file = Checkpoint(checkpoint, self._identity(choice, budget, seed))
            return self._train(choice, budget, seed, report, file, stopping)

    def _identity(self, choice: Choice, budget: Budget, seed: int) -> str:
        facts = {
            "choice": {name: dict(dials) for name, dials in choice.items()},
            "data": self._fingerprint,
            "budget": asdict(budget),
            "seed": seed,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        }
        return json.dumps(facts, sort_keys=True)

    def _begin(self, choice: Choice, budget: Budget, seed: int) -> tuple[Traced, bool]:
        """The network as the run begins with it, and whether an earlier run has traced it."""
        self._sets = self._sets or Sets(self._data)
        structure = frozenset(choice), budget
        if (traced := self._traced.get(structure)) is not None:
            traced.begin(choice, seed)
            return traced, True
        traced = self._traced[structure] = Traced(choice, self._sets, budget, seed)
        return traced, False

    def _train(
        self,
        choice: Choice,
        budget: Budget,
        seed: int,
        report: Report,
        file: Checkpoint | None,
        stopping: Callable[[], bool],
    ) -> Outcome:
        traced, again = self._begin(choice, budget, seed)
        assert self._sets is not None
        run = _Run(traced, again, self._sets, budget, report, file, stopping)
        run.resume()
        while run.goes_on:
            run.train_epoch()
        test_accuracy = None if run.stopped else traced.accuracy(*self._sets.test)
        steady = [epoch.seconds for epoch in run.epochs if not epoch.traced]
        return Outcome(
            accuracy=run.epochs[-1].accuracy,
            test_accuracy=test_accuracy,
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
        sets: Sets,
        budget: Budget,
        report: Report,
        file: Checkpoint | None,
        stopping: Callable[[], bool],
    ) -> None:
        self._traced, self._sets, self._budget = traced, sets, budget
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
        variables = self._traced.variables
        if self._file is None or (state := self._file.load(_values(variables))) is None:
            return
        for variable, value in zip(variables, state.variables, strict=True):
            variable.assign(value)
        for epoch in state.epochs:
            self._traced.next_order()
            self._add(epoch)
            if self.stopped:
                break

    def train_epoch(self) -> None:
        """Train an epoch, validate and report it, and keep the run as it is after it."""
        began = time.perf_counter()
        loss = self._train()
        self.diverged = not math.isfinite(loss)
        accuracy = 1 / self._sets.classes
        if not self.diverged:
            accuracy = self._traced.accuracy(*self._sets.validation)
        self._add(Epoch(accuracy, time.perf_counter() - began, traced=not self._again))
        self._again = True
        if self._file is not None and not (self.diverged or self.stopped):
            self._state = State(list(self.epochs), _values(self._traced.variables))
            if time.monotonic() - self._saved >= CHECKPOINT_SECONDS:
                self._save()

    def _train(self) -> float:
        order = self._traced.next_order()
        loss, first = 0.0, 0
        while first < len(order):
            if self._stopping():
                self._save()
                raise Stopped
            began = time.perf_counter()
            images = self._batches * self._budget.batch_size
            loss += self._traced.train(order[first : first + images])
            first += images
            if time.perf_counter() - began < _SHORTEST_CALL:
                self._batches *= 2
        return loss

    def _add(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        self.stopped = not self._report(len(self.epochs), epoch.accuracy)

    def _save(self) -> None:
        if self._file is not None and self._state is not None:
            self._file.save(self._state)
            self._saved = time.monotonic()


def _values(variables: list[tf.Variable]) -> list[np.ndarray]:
    # `variable.numpy()` takes twice as long.
    return [variable.value().numpy() for variable in variables]
