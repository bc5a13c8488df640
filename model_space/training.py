"""One training run: a recipe, a data set, a budget and a seed to accuracies by epoch."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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


class _Epochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports every epoch, and stops the run where it diverged or is told to."""

    def __init__(self, classes: int, report: Report, traced: bool) -> None:
        super().__init__()
        self.chance, self.report, self.traced = 1 / classes, report, traced
        self.done: list[Epoch] = []
        self.diverged = self.stopped = False

    def add(self, epoch: Epoch) -> None:
        """Count an epoch, of this process or of an earlier one, and report it."""
        self.done.append(epoch)
        self.stopped = not self.report(len(self.done), epoch.accuracy)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        seconds = time.perf_counter() - self.began
        self.diverged = not math.isfinite(logs["loss"])
        accuracy = self.chance if self.diverged else float(logs["val_accuracy"])
        self.add(Epoch(accuracy, seconds, traced=not self.traced))
        self.traced = True
        self.model.stop_training = self.diverged or self.stopped


class _Checkpoints(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the run as it was after its last epoch: in memory, and now and then in the file."""

    def __init__(
        self,
        file: Checkpoint | None,
        epochs: list[Epoch],
        variables: list[tf.Variable],
        stopping: Callable[[], bool],
    ) -> None:
        super().__init__()
        self.file, self.epochs, self.variables = file, epochs, variables
        self.stopping = stopping
        self.state: State | None = None
        self.saved = time.monotonic()

    # Not `on_train_batch_end`, whose logs Keras would read, and so wait for, after every batch;
    # nor would a stop in an epoch's last batch keep that epoch.
    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.stopping():
            self._save()
            raise Stopped

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.file is None or self.model.stop_training:
            return
        self.state = State(list(self.epochs), _values(self.variables))
        if time.monotonic() - self.saved >= CHECKPOINT_SECONDS:
            self._save()

    def _save(self) -> None:
        if self.file is not None and self.state is not None:
            self.file.save(self.state)
            self.saved = time.monotonic()


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
        `stopping` is asked before every training batch; where it answers true, the epochs that
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
        if self._sets is None:
            data = self._data
            self._sets = Sets(
                len(data.classes),
                {"train": data.train, "validation": data.validation, "test": data.test},
            )
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
        epochs = _Epochs(self._sets.classes, report, again)
        variables, network = traced.variables, traced.network
        if file is not None and (state := file.load(_values(variables))) is not None:
            for variable, value in zip(variables, state.variables, strict=True):
                variable.assign(value)
            for epoch in state.epochs:
                traced.skip_epoch()
                epochs.add(epoch)
                if epochs.stopped:
                    break
        if not epochs.stopped:
            network.fit(
                traced.batches,
                initial_epoch=len(epochs.done),
                epochs=budget.epochs,
                validation_data=self._sets.validation,
                callbacks=[epochs, _Checkpoints(file, epochs.done, variables, stopping)],
                shuffle=False,  # the batches are shuffled already
                verbose=0,
            )
        test_accuracy = None
        if not epochs.stopped:
            scores = network.evaluate(self._sets.test, verbose=0, return_dict=True)
            test_accuracy = float(scores["accuracy"])
        steady = [epoch.seconds for epoch in epochs.done if not epoch.traced]
        return Outcome(
            accuracy=epochs.done[-1].accuracy,
            test_accuracy=test_accuracy,
            seconds_per_epoch=statistics.median(steady or [e.seconds for e in epochs.done]),
            parameters=network.count_params(),
            diverged=epochs.diverged,
        )


def _values(variables: list[tf.Variable]) -> list[np.ndarray]:
    # `variable.numpy()` takes twice as long.
    return [variable.value().numpy() for variable in variables]
