"""One training run: a recipe, a data set, a budget and a seed to accuracies by epoch."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from model_space.data import Data
from model_space.network import build
from model_space.pipeline import evaluation_batches, training_batches
from model_space.techniques import Choice, compose


@dataclass(frozen=True)
class Budget:
    """How long and how large a network a run trains."""

    epochs: int = 100
    batch_size: int = 128
    width: float = 1.0
    depth: int = 10


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    accuracy: float
    """Validation accuracy after the last epoch, a fraction; chance level where it diverged."""
    test_accuracy: float | None
    """Accuracy on the test images, a fraction; None where the run was stopped early."""
    seconds_per_epoch: float
    """Median over the epochs but the first, which also traces the network."""
    parameters: int
    diverged: bool


Report = Callable[[int, float], bool]
"""Takes the epoch, from 1, and its validation accuracy; returns whether to go on."""


class _Epochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports every epoch, and stops the run where it diverged or is told to."""

    def __init__(self, classes: int, report: Report) -> None:
        super().__init__()
        self.chance, self.report = 1 / classes, report
        self.seconds: list[float] = []
        self.accuracy = self.chance
        self.diverged = self.stopped = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        self.seconds.append(time.perf_counter() - self.began)
        self.diverged = not math.isfinite(logs["loss"])
        self.accuracy = self.chance if self.diverged else float(logs["val_accuracy"])
        self.stopped = not self.report(epoch + 1, self.accuracy)
        self.model.stop_training = self.diverged or self.stopped


def train(choice: Choice, data: Data, budget: Budget, seed: int, report: Report) -> Outcome:
    """Train the recipe of the chosen techniques from scratch.

    The seed sets the weights, the order of the images and every random draw: on one CPU the
    same call gives the same accuracies. Validation and test images pass through neither
    augmentation nor mixing.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    recipe = compose(choice)
    classes = len(data.classes)
    network = build(recipe, data.image_shape, classes, width=budget.width, depth=budget.depth)
    batches = training_batches(
        *data.train, classes, recipe, batch_size=budget.batch_size, seed=seed
    )
    steps = len(batches) * budget.epochs
    optimizer = recipe.optimizer(recipe.schedule(steps))
    # A variable that is made inside the first training step makes TensorFlow trace it twice,
    # and tracing is most of a short run's time: make the optimizer's and the metric's here.
    optimizer.build(network.trainable_variables)
    network.compile(
        optimizer,
        recipe.loss(),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        # XLA takes longer to compile on a CPU than it saves there.
        jit_compile=bool(tf.config.list_physical_devices("GPU")),
    )
    epochs = _Epochs(classes, report)
    network.fit(
        batches,
        epochs=budget.epochs,
        validation_data=evaluation_batches(*data.validation, classes),
        callbacks=[epochs],
        shuffle=False,  # the batches shuffle themselves
        verbose=0,
    )
    test_accuracy = None
    if not epochs.stopped:
        scores = network.evaluate(
            evaluation_batches(*data.test, classes), verbose=0, return_dict=True
        )
        test_accuracy = float(scores["accuracy"])
    return Outcome(
        accuracy=epochs.accuracy,
        test_accuracy=test_accuracy,
        seconds_per_epoch=statistics.median(epochs.seconds[1:] or epochs.seconds),
        parameters=network.count_params(),
        diverged=epochs.diverged,
    )
