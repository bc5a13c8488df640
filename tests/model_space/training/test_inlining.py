"""Networks as people write them: they train, and end as a model of Keras' own layers or say why."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from model_space.budget import Budget
from model_space.custom.code import CustomCodeError
from model_space.custom.description import describe, import_and_describe
from model_space.custom.registry import Registry, load_registry
from model_space.data import Data
from model_space.stages import Stages
from model_space.training.plain_keras import check_plain, plain
from model_space.training.survey import survey
from tests.support.scripts import run, written

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SHAPE = (16, 16, 1)
Build = Callable[..., Any]


def last(classes: int) -> Any:
    return layers.Dense(classes, activation="softmax")


def sequential(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    """Without an Input, and with a Lambda."""
    return keras.Sequential([
        layers.Conv2D(3, 3), layers.BatchNormalization(), layers.Lambda(lambda x: x**2),
        layers.Flatten(), last(classes),
    ])  # fmt: skip


class Block(layers.Layer):  # type: ignore[misc]
    """Layers of Keras' within a layer of one's own."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.drop = layers.Conv2D(3, 3), layers.Dropout(0.5)

    def call(self, x: Any, training: bool | None = None) -> Any:
        return ops.relu(self.drop(self.convolution(x), training=training))


class Net(keras.Model):  # type: ignore[misc]
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.block, self.flat, self.scores = Block(), layers.Flatten(), last(classes)

    def call(self, x: Any, training: bool | None = None) -> Any:
        return self.scores(self.flat(self.block(x, training=training)))


def subclassed(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    return Net(classes)


def nested(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    """A frozen base, as in transfer learning, with a block within."""
    inner = keras.Sequential([keras.Input(shape), layers.BatchNormalization(), Block()])
    inner.trainable = False
    inputs = keras.Input(shape)
    x = layers.Flatten()(inner(inputs, training=False))
    return keras.Model(inputs, last(classes)(x))


@pytest.mark.parametrize("build", [sequential, subclassed, nested])
def test_a_network_as_people_write_it_is_saved_as_what_it_computes(build: Build) -> None:
    network = Registry(build=build).network(Stages(), SHAPE, 4, Budget())
    assert (network.input_shape, network.output_shape) == ((None, *SHAPE), (None, 4))
    check_plain(network)
    randomly = np.random.default_rng(0)
    judged = [randomly.uniform(0.5, 1.5, weight.shape) for weight in network.weights]
    copy = plain(network, judged)
    network.set_weights(judged)
    images = randomly.random((5, *SHAPE), dtype=np.float32)
    expected = np.asarray(network(images, training=False))
    np.testing.assert_allclose(np.asarray(copy(images)), expected, atol=1e-5)
    assert copy.count_params() == network.count_params()


class Scale(layers.Layer):  # type: ignore[misc]
    def build(self, shape: tuple[int, ...]) -> None:
        self.factors = self.add_weight(shape=(shape[-1],), initializer="random_normal")

    def call(self, x: Any) -> Any:
        return x * self.factors


class Doubled(layers.Dense):  # type: ignore[misc]
    """Not in inference what it subclasses."""

    def call(self, x: Any) -> Any:
        return ops.softmax(2 * super().call(x))


def with_layer(layer: Callable[[], Any]) -> Build:
    def build(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
        return keras.Sequential([layer(), layers.Flatten(), last(classes)])

    return build


def doubled(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    return keras.Sequential([layers.Flatten(), Doubled(classes)])


def of_tensorflow(x: Any) -> Any:
    import tensorflow as tf

    return tf.signal.dct(x)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (with_layer(Scale), "the layer Scale cannot be saved, because the layer has weights"),
        (doubled, "a copy in layers of Keras' own gives other probabilities"),
        (
            with_layer(lambda: layers.Lambda(of_tensorflow, output_shape=SHAPE)),
            r"cannot be saved as a model \(",
        ),
    ],
)
def test_what_no_model_can_hold_is_said_before_anything_is_trained(
    build: Build, reason: str, digits: Data
) -> None:
    registry = Registry(build=build)
    with pytest.raises(CustomCodeError, match=reason):
        check_plain(registry.network(Stages(), SHAPE, 10, Budget()))
    [caution] = survey(registry, (), digits, Budget()).cautions
    assert caution.startswith("the study can run, but kouka train will not: ")


def seeded(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    keras.utils.set_random_seed(42)
    return sequential(shape, classes, stages)


def seeded_in_a_layer(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    first = layers.Conv2D(3, 3, kernel_initializer=keras.initializers.HeNormal(seed=1))
    return keras.Sequential([first, layers.Flatten(), last(classes)])


def drawn(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    width = random.randrange(1, 1000)
    return keras.Sequential([layers.Flatten(), layers.Dense(width), last(classes)])


def test_every_run_begins_with_weights_of_its_own_or_it_is_said(digits: Data) -> None:
    registry = Registry(build=seeded)
    kernels = []
    for seed in (1, 2, 1):
        random.seed(seed)
        kernels.append(np.asarray(registry.network(Stages(), SHAPE, 10, Budget()).weights[0]))
    assert (kernels[0] != kernels[1]).all()
    np.testing.assert_array_equal(kernels[0], kernels[2])
    [caution] = survey(registry, (), digits, Budget()).cautions
    assert "sets a seed for the whole process, which has no effect" in caution
    assert not survey(Registry(build=sequential), (), digits, Budget()).cautions
    [caution] = survey(Registry(build=seeded_in_a_layer), (), digits, Budget()).cautions
    assert "every run begins with the same values of " in caution
    with pytest.raises(CustomCodeError, match="weights of other shapes at every call"):
        survey(Registry(build=drawn), (), digits, Budget())


def softmaxed(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    return keras.Sequential([layers.Flatten(), last(classes), layers.Softmax()])


def in_half_precision(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_image_data_format("channels_first")
    scores = layers.Dense(classes, activation="softmax", dtype="float32")
    return keras.Sequential([layers.Flatten(data_format="channels_last"), scores])


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (softmaxed, "the network ends in two softmaxes"),
        (
            in_half_precision,
            "function sets the dtype policy mixed_float16 and the image data format channels_first "
            "for all of Keras, which kouka undoes when the network is built",
        ),
    ],
)
def test_what_is_hardly_meant_is_said(build: Build, says: str, digits: Data) -> None:
    [caution] = survey(Registry(build=build), (), digits, Budget()).cautions
    assert says in caution
    assert keras.config.dtype_policy().name == "float32"
    assert keras.config.image_data_format() == "channels_last"


def test_settings_that_a_file_makes_when_it_is_imported_are_undone_and_said(
    tmp_path: Path, digits: Data
) -> None:
    (tmp_path / "own.py").write_text(
        "import keras\nkeras.config.set_floatx('float64')\n"
        "keras.config.set_dtype_policy('float64')\n"
        "def build(shape, classes, stages):\n"
        "    return keras.Sequential([\n"
        "        keras.layers.Flatten(), keras.layers.Dense(classes, activation='softmax')])\n"
    )
    registry = load_registry(describe([], str(tmp_path / "own.py")))
    assert keras.config.floatx() == keras.config.dtype_policy().name == "float32"
    [caution] = survey(registry, (), digits, Budget()).cautions
    assert caution.startswith(
        "your code sets the float type float64 and the dtype policy float64 for"
    )


KEPT: list[keras.Model] = []


def once(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    if not KEPT:
        KEPT.append(keras.Sequential([keras.Input(shape), layers.Flatten(), last(classes)]))
    return KEPT[0]


def frozen(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    model = keras.Sequential([keras.Input(shape), layers.Flatten(), last(classes)])
    model.trainable = False
    return model


def ends(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (once, "the same weights at every call, so a run would go on with what another has learn"),
        (frozen, "has no weights to train; leave trainable = True"),
        (ends, "cannot be built for images of 16×16×1 and 10 classes: SystemExit: 3"),
    ],
)
def test_networks_of_which_no_run_could_be_judged_are_refused(
    build: Build, says: str, digits: Data
) -> None:
    with pytest.raises(CustomCodeError, match=says):
        survey(Registry(build=build), (), digits, Budget())


FROZEN = """
import keras
from keras import layers


def build(image_shape, classes, stages):
    base = keras.Sequential([
        keras.Input(image_shape), layers.Conv2D(3, 3), layers.BatchNormalization(),
        layers.Lambda(lambda x: x / 2), layers.Dropout(0.5),
    ])
    base.trainable = False
    inputs = keras.Input(image_shape)
    x = layers.Flatten()(base(inputs, training=False))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
"""


def test_a_frozen_base_with_a_lambda_is_written_into_a_script(digits: Data, folder: Path) -> None:
    (folder / "frozen.py").write_text(FROZEN)
    script = written({}, digits, custom_code=import_and_describe([], "frozen.py"))
    assert script.count("training=False") == 2
    network = run(script)["build"]()
    assert len(network.trainable_weights) == 2
    assert not any(isinstance(layer, layers.Lambda) for layer in network.layers)
