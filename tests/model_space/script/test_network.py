"""The script's network is the study's, or it is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from model_space.budget import Budget
from model_space.custom.code import CustomCode, CustomCodeError, CustomNetwork
from model_space.custom.registry import Registry
from model_space.data import Data
from model_space.recipe import Recipe
from model_space.script import writer
from model_space.script.building import builder
from model_space.script.graph import Graph
from model_space.stages import Stages
from model_space.techniques import SETS, usual
from model_space.training.plain_keras import plain
from model_space.training.setup import TrainingSetup
from tests.support.scripts import check_clean, described, run, written

# So Keras reads TensorFlow's variables when it copies and saves them.
pytestmark = [
    pytest.mark.numeric,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


MIXED = {
    "batch_norm": {}, "residual": {}, "dropout": {"rate": 0.35}, "silu": {}, "global_pooling": {},
    "stochastic_depth": {"rate": 0.25}, "cutmix": {"alpha": 0.7},
}  # fmt: skip
BUDGET = Budget(epochs=2, batch_size=25, width=0.1)
NETWORKS: dict[str, tuple[Recipe, Budget]] = {
    "none": ({}, BUDGET),
    "article": (usual(SETS["article"]), BUDGET),
    "all": (usual(SETS["all"]), BUDGET),
    "mixed": (MIXED, replace(BUDGET, depth=16, width=0.2)),
    "bfloat16": (
        usual(["residual", "batch_norm"]), replace(BUDGET, precision="mixed_bfloat16")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_the_scripts_network_is_the_study_s_layer_by_layer(
    name: str, digits: Data, tmp_path: Path
) -> None:
    recipe, budget = NETWORKS[name]
    script = written(recipe, digits, budget=budget)
    check_clean({"script": script}, tmp_path)
    built = run(script)["build"]()
    made = TrainingSetup(recipe, digits, budget).network
    expected = plain(made, [np.asarray(weight) for weight in made.weights])
    assert described(built) == described(expected)
    built.set_weights(expected.get_weights())
    images = np.random.default_rng(0).random((4, 16, 16, 1), np.float32)
    np.testing.assert_array_equal(built(images), expected(images))
    assert keras.config.dtype_policy().name == "float32"


def test_stochastic_depth_is_keras_dropout_of_whole_blocks(digits: Data) -> None:
    built = run(written(usual(["stochastic_depth"]), digits))["build"]()
    dropouts = [layer for layer in built.layers if isinstance(layer, layers.Dropout)]
    np.testing.assert_allclose([layer.rate for layer in dropouts], [1 / 6, 2 / 6, 3 / 6])
    y = np.asarray(dropouts[2](np.ones((500, 3, 4, 5), np.float32), training=True))
    assert set(np.unique(y)) == {0, 2}
    assert (y == y[:, :1, :1, :1]).all()
    assert abs((y[:, 0, 0, 0] == 0).mean() - 0.5) < 0.1


def other(shape: tuple[int, ...], classes: int) -> keras.Model:
    """A network unlike kouka's: models within it, a layer that is called twice, operations."""
    body = keras.Sequential([
        keras.Input((16, 16, 4)), layers.Conv2D(4, 3, padding="same", kernel_regularizer="l2"),
        layers.LeakyReLU(negative_slope=0.2),
    ])  # fmt: skip
    pixel = keras.Input((None, None, 4))
    gate = keras.Model(pixel, layers.Conv2D(4, 1, activation="sigmoid")(pixel))
    twice = layers.Conv2D(4, (1, 3), padding="same", kernel_initializer="he_normal", use_bias=False)
    inputs = keras.Input(shape)
    x = body(layers.ZeroPadding2D(1)(layers.Conv2D(4, 3)(inputs)))
    x = twice(keras.ops.relu(twice(x)) * 0.5 + x)[:, 2:, ..., ::2]
    x = layers.Concatenate()([x, gate(layers.Conv2D(4, 1)(x))])
    x = keras.ops.mean(layers.SeparableConv2D(6, 3, strides=2)(x), axis=(1, 2))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def test_another_network_is_written_too() -> None:
    original = other((16, 16, 1), 3)
    text = "\n\n\n".join(builder(Graph(original), "float32"))
    head = "import keras\nfrom keras import layers, ops\n\nIMAGE_SHAPE = (16, 16, 1)\n\n\n"
    built = run(head + text)["build"]()
    assert Graph(built).digest() == Graph(original).digest()
    assert "kernel_size=3" not in text
    assert "kernel_regularizer=keras.regularizers.L2(l2=0.01)" in text
    assert text.count("shared_1 = layers.Conv2D(") == text.count("use_bias=False") == 1
    assert text.count("shared_1(") == 2
    built.set_weights(original.get_weights())
    images = np.random.default_rng(0).random((4, 16, 16, 1), np.float32)
    np.testing.assert_allclose(built(images), original(images), rtol=1e-5)


class Own(layers.Layer):  # type: ignore[misc]
    """A layer of the user's own, at the top of a file."""

    def __init__(self, factor: float, **options: Any) -> None:
        super().__init__(**options)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return x * self.factor + SHIFT

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


SHIFT = 0.25


def through(*calls: Callable[[Any], Any]) -> keras.Model:
    x = inputs = keras.Input((16, 16, 1))
    for each in calls:
        x = each(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))


def test_a_layer_of_the_users_own_is_written_out(digits: Data, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        writer, "load_registry", lambda code: Registry(build=lambda *_: through(Own(0.5)))
    )
    script = written({}, digits)
    assert "SHIFT = 0.25" in script
    assert "layers.Flatten()(Own(0.5)" not in script
    assert "Own(0.5)(inputs)" in script
    built = run(script)["build"]()
    inside = keras.Model(built.input, built.layers[1].output)
    np.testing.assert_array_equal(inside(np.full((1, 16, 16, 1), 3, np.float32)), 1.75)


class Forgetful(Own):
    """Its config does not tell what it was made with."""

    def get_config(self) -> dict[str, Any]:
        return layers.Layer.get_config(self)  # type: ignore[no-any-return]


class Local:
    """Makes what no script can hold."""

    def layer(self) -> Any:
        class Inner(Own):
            pass

        return Inner(1.0)


UNWRITABLE: dict[str, tuple[Callable[[], keras.Model], str]] = {
    "config": (lambda: through(Forgetful(2.0)), "Forgetful of .* cannot be written into a script"),
    "within": (lambda: through(Local().layer()), "Inner of .*: it is made within a function"),
    "numbers": (
        lambda: through(lambda x: x + np.ones((16, 16, 1), np.float32)), "a tensor that is part"),
    "outputs": (
        lambda: through(lambda x: keras.ops.split(x, 2, axis=1)[1]), "one of several outputs"),
    "subclass": (lambda: Subclass(), "sequential model of Keras; make it of keras.Input"),
}  # fmt: skip


class Subclass(keras.Model):  # type: ignore[misc]
    """A model whose layers nobody can tell."""


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_cannot_be_written_is_refused_in_a_sentence(case: str) -> None:
    make, says = UNWRITABLE[case]
    with pytest.raises(CustomCodeError, match=says) as refused:
        builder(Graph(make()), "float32")
    assert "\n" not in str(refused.value)


def test_a_script_that_would_build_another_network_is_refused(
    digits: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        writer, "builder", lambda *a: [block.replace("ReLU", "ELU") for block in builder(*a)]
    )
    with pytest.raises(CustomCodeError, match="the script would build another"):
        written({}, digits)


@pytest.mark.parametrize("loads", [True, False])
def test_a_network_that_comes_with_weights_of_its_own_is_refused(
    digits: Data, monkeypatch: pytest.MonkeyPatch, loads: bool
) -> None:
    def build(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
        inputs = keras.Input(shape)
        seeded = keras.initializers.GlorotUniform(seed=1)  # the same every time, as in the script
        x = layers.Dense(4, activation="relu", kernel_initializer=seeded)(stages.pool(inputs))
        model = keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
        if loads:
            model.layers[-1].kernel.assign(np.random.default_rng(1).normal(size=(4, classes)))
        return model

    monkeypatch.setattr(writer, "load_registry", lambda code: Registry(build=build))
    code = CustomCode(network=CustomNetwork("trained.py", "", ()))
    if not loads:
        assert "seed=1" in written({}, digits, custom_code=code)
        return
    with pytest.raises(
        CustomCodeError, match=r"comes with weights of its own \(dense_\d+/kernel\)"
    ):
        written({}, digits, custom_code=code)
