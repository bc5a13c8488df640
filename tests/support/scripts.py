"""Scripts of recipes, as tests have them written and run."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from model_space.budget import Budget
from model_space.data import Data, DataSpec
from model_space.facts import DataFacts
from model_space.recipe import Recipe
from model_space.script import Order, writer

SMALL = DataSpec("digits", validation=50, train_size=200)


def written(recipe: Recipe, data: Data, where: DataSpec = SMALL, /, **changes: Any) -> str:
    order = Order(
        about=("A test.",), recipe=recipe, backend="tensorflow", seed=7, data=where,
        facts=DataFacts.of(data), budget=Budget(epochs=2, batch_size=25, width=0.1),
    )  # fmt: skip
    return writer.script(replace(order, **changes))


def run(script: str) -> dict[str, Any]:
    """What the script defines; it does not train."""
    namespace: dict[str, Any] = {"__name__": "script"}
    exec(compile(script, "script", "exec", dont_inherit=True), namespace)
    return namespace


def orders_trained_on(script: str, images: int) -> list[list[int]]:
    """The images, by number, that the network of a script meets in each epoch of its training.

    The script's network is another here, and it writes its model to the working folder.
    """
    space = run(script)
    numbered = np.zeros((images, *space["IMAGE_SHAPE"]), np.uint8)
    numbered += np.arange(images, dtype=np.uint8).reshape(-1, 1, 1, 1)
    part = numbered, np.arange(images) % space["CLASSES"]

    on_jax = keras.backend.backend() == "jax"  # where eager operations are compiled one by one
    meets: list[Any] = []

    class Meets(layers.Layer):  # type: ignore[misc]
        """Keeps what it meets in variables: a callback from JAX waits for ever on one core."""

        def build(self, shape: tuple[int | None, ...]) -> None:
            room = {"trainable": False, "initializer": "zeros", "dtype": "int32"}
            self.met = self.add_weight(shape=(images * space["EPOCHS"],), **room)
            self.count = self.add_weight(shape=(), **room)
            meets.append(self)

        def call(self, x: Any, training: bool = False) -> Any:
            if training:
                numbers = ops.cast(ops.round(255 * x[:, 0, 0, 0]), "int32")
                size = ops.shape(numbers)[0]
                rows = ops.reshape(self.count + ops.arange(size), (size, 1))
                self.met.assign(ops.scatter_update(self.met, rows, numbers))
                self.count.assign(self.count + size)
            return layers.Flatten()(x)

    class Network(keras.Sequential):  # type: ignore[misc]
        def compile(self, *arguments: Any, **options: Any) -> None:
            changed = {"run_eagerly": not on_jax, "jit_compile": on_jax}
            super().compile(*arguments, **{**options, **changed})

    last = layers.Dense(space["CLASSES"], activation="softmax")
    space["load"] = lambda: (part, part)
    space["build"] = lambda: Network([keras.Input(space["IMAGE_SHAPE"]), Meets(), last])
    space["main"]()
    (used,) = meets
    assert int(used.count) == images * space["EPOCHS"]
    return np.asarray(used.met).reshape(-1, images).tolist()


def described(model: keras.Model) -> list[object]:
    """Its layers and operations: class, config and where the inputs come from, names aside."""
    names = [layer.name for layer in model.operations]

    def inputs(layer: Any) -> list[int]:
        tensors = [] if isinstance(layer, layers.InputLayer) else keras.tree.flatten(layer.input)
        return [names.index(tensor._keras_history.operation.name) for tensor in tensors]

    return [
        (
            type(layer).__name__,
            {key: value for key, value in layer.get_config().items() if key != "name"},
            inputs(layer),
        )
        for layer in model.operations
    ]


RULES = "A,B,C4,D1,E,F,I,N,PERF,PT,RET,RUF,S,SIM,UP,W"
"""The project's own but for T20, as a script prints."""


def check_clean(scripts: Mapping[str, str], folder: Path) -> None:
    """Assert that ruff has nothing to change in these and nothing against them."""
    for name, text in scripts.items():
        (folder / f"of_{name}.py").write_text(text, encoding="utf-8")
    (folder / "ruff.toml").write_text(
        f"line-length = 100\n[lint]\nselect = {RULES.split(',')}\n"
        "ignore = ['D105', 'D107', 'RUF001', 'RUF002', 'RUF003', 'S101', 'S108']\n"
    )
    for command in (("format", "--diff"), ("check", "--no-cache")):
        ended = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."], cwd=folder, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout + ended.stderr
