"""Whether the script of `kouka code` trains as well as `kouka train` does.

    python -m bench.script                             # every technique alone, all, none
    python -m bench.script --backend jax none mixup    # some of them, on one backend
    python -m bench.script --seeds 5

Trains digits with each recipe by kouka and by its script, with the same seeds, in a process for
each backend. The network is small, as each script traces it anew for every seed, and calls every
stage. The accuracies are of test images that neither was trained on.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import statistics
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import keras
from keras import layers

from bench.options import script_options
from bench.results import reporter
from model_space.budget import Budget
from model_space.custom.description import import_and_describe
from model_space.custom.registry import load_registry
from model_space.data import DataSpec, load_spec
from model_space.facts import DataFacts
from model_space.recipe import Recipe
from model_space.script import Order, writer
from model_space.stages import Stages
from model_space.techniques import SETS, usual
from model_space.training.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKENDS = ("tensorflow", "jax")
DATA = DataSpec("digits", validation=100, train_size=400)
BUDGET = Budget(epochs=8, batch_size=20)
RECIPES = ("none", *SETS["all"], "all")


def build(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    """Return a network of a few convolutions that calls every stage."""
    width = stages.widths[1] // 8

    def activate(x: Any) -> Any:
        return stages.activate(stages.normalise(x))

    inputs = keras.Input(image_shape)
    x = activate(layers.Conv2D(width, 3, strides=2, padding="same")(inputs))
    for _ in range(1 + stages.more_blocks):
        y = stages.recalibrate(layers.Conv2D(width, 3, padding="same")(x))
        x = activate(stages.join(x, stages.survive(y, 0.5)))
    x = stages.drop(activate(layers.Conv2D(2 * width, 3, strides=2)(x)))
    scores = layers.Dense(classes, activation="softmax", dtype="float32")(stages.pool(x))
    return keras.Model(inputs, scores)


def recipe(name: str) -> Recipe:
    """One technique alone, all of them, or none."""
    return usual({"none": (), "all": SETS["all"]}.get(name, (name,)))


def pairs(names: list[str], backend: str, seeds: int) -> Iterator[tuple[str, list[float]]]:
    """Yield for each recipe the test accuracies in percent, kouka's and the script's by turns."""
    data = load_spec(DATA)
    code = import_and_describe([], "bench.script:build")
    trainer = Trainer(data, load_registry(code)).joined
    for name in names:
        order = Order(("A comparison.",), recipe(name), BUDGET, backend, 0, DATA,
                      DataFacts.of(data), code)  # fmt: skip
        namespace: dict[str, Any] = {"__name__": "script"}
        exec(compile(writer.script(order), "script", "exec", dont_inherit=True), namespace)  # noqa: S102 - kouka's own
        found = []
        for seed in range(1, seeds + 1):
            outcome = trainer.train(recipe(name), BUDGET, seed, lambda epoch, accuracy: True)
            assert outcome.test_accuracy is not None
            namespace["SEED"] = seed
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                namespace["main"]()
            said = re.search(r"Test accuracy: ([\d.]+) %", printed.getvalue())
            assert said
            found += [100 * outcome.test_accuracy, float(said[1])]
        yield name, found


def compared(found: list[float]) -> dict[str, float]:
    """Give the means in percent, and the mean difference by seed with its standard error."""
    kouka, script = found[::2], found[1::2]
    apart = [one - other for one, other in zip(script, kouka, strict=True)]
    return {
        "kouka train, %": round(statistics.mean(kouka), 2),
        "script, %": round(statistics.mean(script), 2),
        "difference, points": round(statistics.mean(apart), 2) + 0.0,  # or it might be -0.0
        "standard error, points": round(statistics.stdev(apart) / len(apart) ** 0.5, 2),
    }


def main() -> None:
    """Print a row for each recipe and backend, and one for all recipes of a backend."""
    parser = script_options(__doc__)
    parser.add_argument("recipes", nargs="*", default=list(RECIPES))
    parser.add_argument("--backend", choices=BACKENDS)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    backend = keras.backend.backend()
    for other in [arguments.backend] if arguments.backend else BACKENDS:
        if other != backend:  # a process has one
            command = [sys.executable, "-m", "bench.script", *sys.argv[1:], "--backend", other]
            subprocess.run(command, check=True, env={**os.environ, "KERAS_BACKEND": other})
    if arguments.backend not in (None, backend):
        return
    report, everything = reporter("scripts", record=arguments.record), list[float]()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # for model.keras
        for name, found in pairs(arguments.recipes, backend, arguments.seeds):
            everything += found
            report({"backend": backend, "techniques on": name, **compared(found)})
    if arguments.recipes == list(RECIPES):
        mean = {"backend": backend, "techniques on": "mean of the rows"}
        report({**mean, **compared(everything)})


if __name__ == "__main__":
    main()
