"""Where the time of a training step goes on a processor, and what would make it shorter.

    taskset -c 1 python -m bench.cpu steps     # by part, width and technique, beside its products
    python -m bench.cpu at-once                # one worker of two threads, or two of one
    taskset -c 1 python -m bench.cpu fit       # an epoch of kouka's beside one of Keras' `fit`
    taskset -c 1 python -m bench.cpu fit --data FOLDER

The first two train the article's network on random images of CIFAR-10's size, in batches of 128.
The last trains digits as `make study` does, or 4,000 images of a folder at width 0.25, on
TensorFlow and on JAX, with three seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.gpu import CLASSES, PIXELS, Case, Process, Size, forward_operations
from bench.options import script_options
from bench.results import Row, reporter
from bench.rivals import CIFAR, DIGITS, arrays, batches, network
from model_space.budget import Budget
from model_space.data import load
from model_space.data.dataset import Data
from model_space.recipe import Recipe
from model_space.techniques import SETS, usual
from search.running.hardware import threads_of_each

BATCH = 128
WIDTHS = {0.25: 1024, 1.0: 256}
"""Of the networks, each with the images of its epochs."""
MATRIX = 2048
TURNS = 7
SEEDS = 3


def seconds(work: Callable[[], Any]) -> float:
    """Time the quickest of several calls, after one that traces."""
    work()
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def matrix_rate(dtype: str) -> float:
    """Measure the operations a second of a product of two square matrices."""
    import tensorflow as tf

    a, b = (tf.cast(tf.random.normal((MATRIX, MATRIX)), dtype) for _ in range(2))
    return float(2 * MATRIX**3 / seconds(tf.function(lambda: tf.matmul(a, b))))


def convolution(layer: Any, dtype: str, *, of_images: bool) -> float:
    """Time a convolution's products alone: forward, and for the gradients that are needed."""
    import tensorflow as tf

    def normal(shape: tuple[int, ...]) -> Any:
        return tf.cast(tf.random.normal(shape), dtype)

    x, kernel = normal((BATCH, *layer.input.shape[1:])), normal(layer.kernel.shape)
    gradient = normal((BATCH, *layer.output.shape[1:]))
    how = {"strides": [1, *layer.strides, 1], "padding": layer.padding.upper()}
    products = [
        lambda: tf.nn.conv2d(x, kernel, **how),
        lambda: tf.raw_ops.Conv2DBackpropFilter(
            input=x, filter_sizes=kernel.shape, out_backprop=gradient, **how
        ),
        lambda: tf.raw_ops.Conv2DBackpropInput(
            input_sizes=x.shape, filter=kernel, out_backprop=gradient, **how
        ),
    ]
    needed = products[:2] if of_images else products
    return sum(seconds(tf.function(product)) for product in needed)


def convolutions(model: Any, dtype: str) -> float:
    """Time the products of all convolutions of a network; images need no gradient."""
    import keras

    found = [each for each in model._flatten_layers() if isinstance(each, keras.layers.Conv2D)]
    return sum(convolution(each, dtype, of_images=each is found[0]) for each in found)


def step(width: float, recipe: Recipe, techniques: str, precision: str) -> Row:
    """Measure a step, and its parts alone."""
    import tensorflow as tf

    from model_space.training.compiled import CompiledRun
    from model_space.training.setup import TrainingSetup

    numbers = np.random.default_rng(0)
    images = WIDTHS[width]
    part = (
        numbers.integers(0, 256, (images, PIXELS, PIXELS, 3), dtype="uint8"),
        numbers.integers(0, CLASSES, images),
    )
    data = Data(tuple(map(str, range(CLASSES))), part, part, part)
    budget = Budget(1, BATCH, width, precision=precision)
    run = CompiledRun(recipe, data, budget, seed=0)
    shard = run.put(part)
    whole = seconds(lambda: run.train(shard, 0, images)) * BATCH / images
    judged = seconds(lambda: run.correct(part)) * BATCH / images
    dtype = "bfloat16" if precision == "mixed_bfloat16" else "float32"
    setup = TrainingSetup(recipe, data, budget)
    weights = setup.network.trainable_variables
    zeros = [tf.zeros_like(each.value) for each in weights]
    made = tf.function(lambda: setup.training_batch(shard[0][:BATCH], shard[1][:BATCH]))
    updated = tf.function(lambda: setup.optimizer.apply(zeros, weights))
    rate = 3 * forward_operations(run.network) * BATCH / whole

    def share(of: float) -> float:
        return round(100 * of / whole, 1)

    return {
        "width": width, "techniques": techniques, "precision": precision,
        "step, ms": round(1000 * whole, 1), "GFLOP/s": round(rate / 1e9, 1),
        "of a matrix product's, %": round(100 * rate / matrix_rate(dtype), 1),
        "convolutions, %": share(convolutions(setup.network, dtype)),
        "batch, %": share(seconds(made)), "optimizer, %": share(seconds(updated)),
        "judging as many images, %": share(judged),
    }  # fmt: skip


def steps(report: Callable[[Row], None]) -> None:
    """Measure the steps of each technique alone, of none and of all, and in bfloat16."""
    recipes = {"all off": {}, **{name: usual([name]) for name in SETS["article"]},
               "all on": usual(SETS["article"])}  # fmt: skip
    for width in WIDTHS:
        for name, recipe in recipes.items():
            report(step(width, recipe, name, "float32"))
        for name in ("all off", "all on"):
            report(step(width, recipes[name], name, "mixed_bfloat16"))


def at_once(report: Callable[[Row], None]) -> None:
    """Measure one worker of two threads beside two of one, by turns."""
    for width, images in WIDTHS.items():
        for techniques in ("all off", "all on"):
            case, size = Case(techniques, BATCH, "float32"), Size(images, width, 10.0, 0, 1)
            one, *two = (Process(case, size, threads_of_each(threads)) for threads in "211")
            each = {"one of two threads": [one], "two of one thread": two}
            found: dict[str, list[float]] = {name: [] for name in each}
            for process in (one, *two):
                process.ready()
            for _ in range(SEEDS):
                for name, workers in each.items():
                    for worker in workers:
                        worker.ask("train")
                    trained = [worker.answer() for worker in workers]
                    found[name].append(sum(images * epochs / took for epochs, took in trained))
            for process in (one, *two):
                process.end()
            for name, rates in found.items():
                report({"width": width, "techniques": techniques, "workers": name,
                        "images a second": round(statistics.median(rates))})  # fmt: skip


def fitted(data: Data, settings: Mapping[str, Any], seed: int, at_a_time: int) -> list[float]:
    """Train by Keras' `fit`; seconds of an epoch, and the validation accuracy at the end."""
    import keras

    keras.utils.set_random_seed(seed)
    ends: list[float] = []
    model = network({}, data, dict(settings))
    model.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=["accuracy"],
                  steps_per_execution=at_a_time)  # fmt: skip
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    history = model.fit(
        batches(data, {}, dict(settings)), epochs=settings["epochs"],
        validation_data=arrays(data)[1], verbose=0, callbacks=[clock],
    )  # fmt: skip
    return [statistics.median(np.diff(ends)), history.history["val_accuracy"][-1]]


def trained(data: Data, settings: Mapping[str, Any], seed: int) -> list[float]:
    """Train as a study does; seconds of an epoch, and the validation accuracy at the end."""
    from model_space.training.trainer import Trainer

    ends: list[float] = []

    def report(*_: object) -> bool:
        ends.append(time.perf_counter())
        return True

    budget = Budget(settings["epochs"], settings["batch_size"], settings["width"])
    outcome = Trainer(data).train({}, budget, seed, report)
    return [statistics.median(np.diff(ends)), outcome.objective]


def one_side(side: str, name: str, settings: Mapping[str, Any], seed: int) -> list[float]:
    """Train one network in this process, by a side named as `fit` names it."""
    random.seed(seed)
    data = load(name, train_size=settings["train_size"], validation=settings["validation"])
    if side.startswith("kouka"):
        return trained(data, settings, seed)
    return fitted(data, settings, seed, 32 if side.endswith("32 steps a call") else 1)


def fit(name: str, report: Callable[[Row], None]) -> None:
    """Measure an epoch of each side, by turns, each in a process of its own."""
    settings = DIGITS if name == "digits" else CIFAR
    sides = [(how, backend) for backend in ("tensorflow", "jax")
             for how in ("kouka", "fit", "fit, 32 steps a call")]  # fmt: skip
    found: dict[tuple[str, str], list[list[float]]] = {side: [] for side in sides}
    for seed in range(SEEDS):
        for how, backend in sides:
            ended = subprocess.run(
                [sys.executable, "-m", "bench.cpu", "fit", "--job",
                 json.dumps([how, name, settings, seed])],
                env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            found[how, backend].append(json.loads(ended.stdout.splitlines()[-1]))
    for (how, backend), runs in found.items():
        took, accuracies = zip(*runs, strict=True)
        report({
            "data": "digits" if name == "digits" else "CIFAR-10 (JPEG)", "backend": backend,
            "loop": how, "an epoch, s": round(statistics.median(took), 2),
            "accuracy, %": round(100 * statistics.fmean(accuracies), 1),
            "standard error, %": round(100 * statistics.stdev(accuracies) / SEEDS**0.5, 1),
        })  # fmt: skip


def main() -> None:
    """Measure what is asked for."""
    parser = script_options(__doc__)
    parser.add_argument("what", choices=("steps", "at-once", "fit"))
    parser.add_argument("--data", default="digits", metavar="FOLDER")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.job:
        print(json.dumps(one_side(*json.loads(chosen.job))))
    elif chosen.what == "steps":
        steps(reporter("cpu_steps", record=chosen.record))
    elif chosen.what == "at-once":
        at_once(reporter("cpu_at_once", record=chosen.record))
    else:
        name = chosen.data if chosen.data == "digits" else str(Path(chosen.data).resolve())
        fit(name, reporter("cpu_fit", record=chosen.record))


if __name__ == "__main__":
    main()
