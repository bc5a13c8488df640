"""What a user would do instead, beside kouka: the same runs, each side in turn in one sitting.

    python -m bench.rivals                       # digits: the article's loop, KerasTuner, Optuna
    python -m bench.rivals --data FOLDER article # CIFAR-10 (JPEG), the article's loop alone
    python -m bench.rivals --repeats 3

Every side trains the same networks on the same images for as many epochs. Each runs in a process
of its own, and its time is that of the whole process. The accuracies are validation accuracies
after the last epoch, of all runs of a side.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.options import script_options
from bench.results import reporter
from model_space.data import Data, load
from model_space.recipe import Recipe
from model_space.techniques import SETS, compose, usual

RUNS = 16
DIGITS = {"train_size": 1000, "validation": 0.2, "epochs": 12, "batch_size": 32, "width": 0.125}
CIFAR = {"train_size": 4000, "validation": 1000, "epochs": 5, "batch_size": 128, "width": 0.25}
LADDER = ((), ("augmentation",), ("batch_norm",), ("residual", "late_widening"),
          ("global_pooling",), ("dropout",), ("mixup",), ("amsgrad",))  # fmt: skip
"""What each of the article's steps adds."""


def network(recipe: Recipe, data: Data, settings: dict[str, Any]) -> Any:
    """The compiled network of a recipe, as a script of one's own would make it."""
    import keras

    from model_space.networks.article import build

    stages = compose(recipe)
    model = build(data.image_shape, len(data.classes), stages, width=settings["width"])
    model.compile(stages.optimizer(1e-3), "categorical_crossentropy", metrics=["accuracy"])
    assert isinstance(model, keras.Model)
    return model


def arrays(data: Data) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Training and validation images in [0, 1], and one-hot labels."""
    one_hot = np.eye(len(data.classes), dtype=np.float32)
    return tuple((images.astype(np.float32) / 255, one_hot[labels])  # type: ignore[return-value]
                 for images, labels in (data.train, data.validation))  # fmt: skip


def augmented(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One image turned, shifted and flipped as Keras' old generator does, by SciPy."""
    from scipy.ndimage import affine_transform

    height, width, channels = image.shape
    turn = np.deg2rad(rng.uniform(-20, 20))
    shift = rng.uniform(-0.2, 0.2, 2) * (height, width)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = np.array([height, width]) / 2 - 0.5
    offset = matrix @ (shift - centre) + centre
    planes = [affine_transform(image[..., channel], matrix, offset, order=1, mode="nearest")
              for channel in range(channels)]  # fmt: skip
    moved = np.stack(planes, axis=-1)
    return moved[:, ::-1] if rng.random() < 0.5 else moved


def generator(
    images: np.ndarray, labels: np.ndarray, names: set[str], batch: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches for ever, made image by image, as the article's are."""
    while True:
        order = rng.permutation(len(images))
        for first in range(0, len(images), batch):
            rows = order[first : first + batch]
            x, y = images[rows], labels[rows]
            if "augmentation" in names:
                x = np.stack([augmented(image, rng) for image in x])
            if "mixup" in names:
                weight = rng.beta(0.2, 0.2, len(x)).astype(np.float32)
                partner = rng.permutation(len(x))
                x = weight[:, None, None, None] * x + (1 - weight)[:, None, None, None] * x[partner]
                y = weight[:, None] * y + (1 - weight)[:, None] * y[partner]
            yield x, y


def article(data: Data, settings: dict[str, Any], seed: int) -> list[float]:
    """The article's loop: eight runs, each built, compiled and fitted afresh from a generator."""
    import keras

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    (x, y), validation = arrays(data)
    names: set[str] = set()
    found = []
    for step in LADDER:
        names |= set(step)
        model = network(usual(names), data, settings)
        history = model.fit(
            generator(x, y, names, settings["batch_size"], rng),
            steps_per_epoch=-(-len(x) // settings["batch_size"]),
            epochs=settings["epochs"], validation_data=validation, verbose=0,
        )  # fmt: skip
        found.append(history.history["val_accuracy"][-1])
    return found


def batches(data: Data, recipe: Recipe, settings: dict[str, Any]) -> Any:
    """The training set as tf.data, augmented and mixed by Keras' layers: the quick way to do it."""
    import tensorflow as tf
    from keras import layers

    x, y = arrays(data)[0]
    found = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x))
    found = found.batch(settings["batch_size"])
    if "augmentation" in recipe:
        flip = layers.RandomFlip("horizontal")
        shift = layers.RandomTranslation(0.2, 0.2, fill_mode="nearest")
        turn = layers.RandomRotation(20 / 360, fill_mode="nearest")
        found = found.map(lambda x, y: (turn(shift(flip(x))), y), tf.data.AUTOTUNE)
    if "mixup" in recipe:
        mix = layers.MixUp(recipe["mixup"]["alpha"])

        def mixed(x: Any, y: Any) -> Any:
            both = mix({"images": x, "labels": y})
            return both["images"], both["labels"]

        found = found.map(mixed, tf.data.AUTOTUNE)
    return found.prefetch(tf.data.AUTOTUNE)


def keras_tuner(data: Data, settings: dict[str, Any], seed: int) -> list[float]:
    """KerasTuner's random search over the same switches."""
    import keras_tuner

    def choose(switches: Any) -> Recipe:
        return usual([name for name in SETS["article"] if switches.Boolean(name)])

    class Model(keras_tuner.HyperModel):  # type: ignore[misc]
        def build(self, switches: Any) -> Any:
            return network(choose(switches), data, settings)

        def fit(self, switches: Any, model: Any, *arguments: Any, **options: Any) -> Any:
            return model.fit(batches(data, choose(switches), settings), *arguments, **options)

    tuner = keras_tuner.RandomSearch(
        Model(), objective="val_accuracy", max_trials=RUNS, seed=seed, directory=".",
        project_name=f"tuner-{seed}",
    )  # fmt: skip
    tuner.search(epochs=settings["epochs"], validation_data=arrays(data)[1], verbose=0)
    return [trial.score for trial in tuner.oracle.trials.values()]


def plain_optuna(data: Data, settings: dict[str, Any], seed: int) -> list[float]:
    """An Optuna script with the Keras pruning callback, which has nothing to prune with."""
    import keras
    import optuna
    from optuna_integration import KerasPruningCallback

    keras.utils.set_random_seed(seed)

    def objective(trial: optuna.Trial) -> float:
        keras.backend.clear_session()
        recipe = usual([name for name in SETS["article"]
                        if trial.suggest_categorical(name, [False, True])])  # fmt: skip
        history = network(recipe, data, settings).fit(
            batches(data, recipe, settings), epochs=settings["epochs"],
            validation_data=arrays(data)[1], verbose=0,
            callbacks=[KerasPruningCallback(trial, "val_accuracy")],
        )  # fmt: skip
        return float(history.history["val_accuracy"][-1])

    study = optuna.create_study(
        storage=f"sqlite:///plain-{seed}.db", direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=seed), pruner=optuna.pruners.NopPruner(),
    )  # fmt: skip
    study.optimize(objective, n_trials=RUNS)
    return [trial.value for trial in study.trials if trial.value is not None]


SIDES = {"article": article, "keras-tuner": keras_tuner, "optuna": plain_optuna}


def run_side(side: str, name: str, settings: dict[str, Any], seed: int) -> None:
    """Run a rival in this process, and print its accuracies."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    random.seed(seed)
    data = load(name, train_size=settings["train_size"], validation=settings["validation"])
    print(json.dumps(SIDES[side](data, settings, seed)))


def rival(side: str, name: str, seed: int, folder: str) -> tuple[float, list[float]]:
    """The seconds and the accuracies of a rival."""
    command = [sys.executable, str(Path(__file__).resolve()), "--data", name, "--seed", str(seed),
               "--side", side]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    return time.perf_counter() - began, json.loads(done.stdout.splitlines()[-1])


def kouka(
    side: str, name: str, settings: dict[str, Any], seed: int, folder: str, workers: str
) -> tuple[float, list[float]]:
    """The seconds and the accuracies of as many runs by kouka's own command."""
    from search.storage.reading import read
    from search.storage.studies import load_study

    plan = ("--measure", "0", "--ladder", "1") if side == "article" else ("--measure", str(RUNS))
    study = f"{side}-{seed}-{time.time_ns()}"
    options = [text for option, value in settings.items()
               for text in (f"--{option.replace('_', '-')}", str(value))]  # fmt: skip
    command = [str(Path(sys.executable).with_name("kouka")), "launch", study, "--data", name,
               *options, *plan, "--search", "0", "--confirm", "0", "--seed", str(seed),
               "--workers", workers]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    seconds = time.perf_counter() - began
    runs = read(load_study(f"sqlite:///{folder}/studies.db", study)).runs
    return seconds, [run.value for run in runs if run.value is not None]


def spread(side: str, accuracies: list[float]) -> dict[str, float]:
    """Give the mean of a side's accuracies and its standard error, in percent."""
    error = statistics.stdev(accuracies) / len(accuracies) ** 0.5
    return {
        f"accuracy, {side}, %": round(100 * statistics.mean(accuracies), 1),
        f"standard error, {side}, %": round(100 * error, 1),
    }


def main() -> None:
    """Print a row for each rival."""
    parser = script_options(__doc__)
    parser.add_argument("rivals", nargs="*", default=list(SIDES))
    parser.add_argument("--data", default="digits")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--workers", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    name = arguments.data
    name, settings = (name, DIGITS) if name == "digits" else (str(Path(name).resolve()), CIFAR)
    if arguments.side:
        run_side(arguments.side, name, settings, arguments.seed)
        return
    report = reporter("rivals", record=arguments.record)
    for side in arguments.rivals:
        theirs, ours = [], []
        with tempfile.TemporaryDirectory() as folder:
            for seed in range(arguments.seed, arguments.seed + arguments.repeats):
                theirs.append(rival(side, name, seed, folder))
                ours.append(kouka(side, name, settings, seed, folder, arguments.workers))
                taken = f"{theirs[-1][0]:.0f} s and {ours[-1][0]:.0f} s"
                print(f"{side}, seed {seed}: {taken}", file=sys.stderr, flush=True)
        ratios = [a / b for (a, _), (b, _) in zip(theirs, ours, strict=True)]
        seconds = [statistics.median(s for s, _ in pairs) for pairs in (theirs, ours)]
        report({
            "rival": side,
            "data": "digits" if name == "digits" else "CIFAR-10 (JPEG)",
            "rival, s": round(seconds[0]),
            "kouka, s": round(seconds[1]),
            "ratio, median": round(statistics.median(ratios), 2),
            **spread("rival", [a for _, each in theirs for a in each]),
            **spread("kouka", [a for _, each in ours for a in each]),
        })  # fmt: skip


if __name__ == "__main__":
    main()
