"""Networks of keras.applications: what they begin with, what stays frozen, what is refused."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from model_space.budget import Budget
from model_space.custom.code import CustomCode, CustomCodeError, CustomNetwork
from model_space.custom.registry import Registry, load_registry
from model_space.data import Data, DataSpec, load_spec
from model_space.pretrained.catalogue import APPLICATIONS, SMALLEST
from model_space.pretrained.network import Network, _read, base_of
from model_space.pretrained.weights import of_file
from model_space.recipe import Recipe
from model_space.stages import Stages
from model_space.techniques import NEED_WEIGHTS, SETS, usual
from model_space.training.plain_keras import check_plain
from model_space.training.setup import TrainingSetup
from model_space.training.survey import survey
from model_space.training.trainer import Trainer
from tests.support.scripts import SMALL as DIGITS
from tests.support.scripts import check_clean, run, written

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SMALL = APPLICATIONS[0]
SIZE = (SMALLEST, SMALLEST)
BUDGET = Budget(epochs=1, batch_size=16)
BOTH = usual(NEED_WEIGHTS)


def tiny(include_top: bool, weights: None, input_shape: tuple[int, ...]) -> keras.Model:
    """Takes the place of a network that takes seconds to make, with all that matters in one."""
    assert (include_top, weights) == (False, None)
    inputs = keras.Input(input_shape)
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, strides=8)(inputs))
    return keras.Model(inputs, layers.Conv2D(6, 2)(layers.Dropout(0.5)(x)), name="tiny")


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.applications, SMALL.name, tiny)


@pytest.fixture(scope="module")
def trained() -> keras.Model:
    """A base whose weights no initializer would draw."""
    base = tiny(False, None, (*SIZE, 3))
    draw = np.random.default_rng(0)
    base.set_weights([draw.uniform(0.5, 1, weight.shape) for weight in base.get_weights()])
    return base


@pytest.fixture(scope="module")
def weights(trained: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "tiny.weights.h5"
    trained.save_weights(file)
    return file


@pytest.fixture(scope="module")
def data() -> Data:
    part = np.random.default_rng(0).integers(0, 256, (16, *SIZE, 1), np.uint8), np.arange(16) % 2
    return Data(("a", "b"), part, part, part)


def code(weights: Path | None) -> CustomCode:
    network = CustomNetwork(SMALL.name, "", ())
    return CustomCode((), network, None if weights is None else of_file(str(weights)))


def equal(one: keras.Model, other: keras.Model) -> list[bool]:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return [np.array_equal(a, b) for a, b in pairs]


def test_grey_images_in_0_to_1_reach_the_base_as_three_channels_of_bytes(data: Data) -> None:
    network = Network(SMALL, None)(data.image_shape, 2, Stages())
    images = data.train[0].astype(np.float32)
    base, head = base_of(network), network.layers[-1]
    features = np.asarray(base(np.repeat(images, 3, axis=3))).mean(axis=(1, 2))
    np.testing.assert_allclose(network(images / 255), head(features), rtol=1e-4)


def begun(registry: Registry, recipe: Recipe, data: Data) -> keras.Model:
    """The network of a run at its beginning."""
    return registry.network(registry.compose(recipe), data.image_shape, 2, BUDGET)


def head_on(trained: keras.Model, folder: Path) -> Path:
    """A whole model that begins with the base, as `kouka train` saves one."""
    inputs = keras.Input((*SIZE, 3))
    x = layers.GlobalAveragePooling2D()(trained(layers.Rescaling(255)(inputs)))
    keras.Model(inputs, layers.Dense(3)(x)).save(folder / "whole.keras")
    return folder / "whole.keras"


@pytest.mark.parametrize("kind", ["weights", "model"])
def test_a_run_begins_with_the_weights_of_a_file_where_pretrained_is_on(
    kind: str, trained: keras.Model, weights: Path, data: Data, tmp_path: Path
) -> None:
    file = weights if kind == "weights" else head_on(trained, tmp_path)
    registry = load_registry(code(file))
    assert all(equal(base_of(begun(registry, usual(["pretrained"]), data)), trained))
    for recipe in ({}, usual(["frozen_base"])):
        assert not any(equal(base_of(begun(registry, recipe, data)), trained))


def test_a_frozen_base_stays_as_it_is_and_in_inference_mode(
    trained: keras.Model, weights: Path, data: Data
) -> None:
    registry = load_registry(code(weights))
    trainer = Trainer(data, registry)

    def after(*names: str) -> keras.Model:
        recipe = usual(names)
        trainer.train(recipe, BUDGET, 1, lambda epoch, objective: True)
        return trainer._compiled[registry.structure(recipe, BUDGET)].network

    frozen = after(*NEED_WEIGHTS)
    assert all(equal(base_of(frozen), trained))
    assert [weight.shape for weight in frozen.trainable_weights] == [(6, 2), (2,)]
    images = data.train[0].astype(np.float32) / 255
    np.testing.assert_array_equal(frozen(images, training=True), frozen(images, training=False))
    tuned = after("pretrained")
    assert not any(equal(base_of(tuned), trained))
    assert np.any(np.asarray(tuned(images, training=True) != tuned(images, training=False)))
    check_plain(tuned)
    nothing_to_freeze = begun(registry, usual(["frozen_base"]), data)
    assert len(nothing_to_freeze.trainable_weights) == len(tuned.trainable_weights) == 8


def test_a_run_is_the_same_whether_or_not_its_weights_were_read_before(
    weights: Path, data: Data
) -> None:
    registry = load_registry(code(weights))

    def begins() -> list[np.ndarray]:
        random.seed(3)
        return [np.asarray(v) for v in TrainingSetup(BOTH, data, BUDGET, registry).variables]

    _read.cache_clear()
    for one, other in zip(begins(), begins(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_the_network_does_not_call_is_left_out(weights: Path, data: Data) -> None:
    inside = ("batch_norm", "residual", "late_widening", "global_pooling", "deeper", "silu",
              "squeeze_excitation", "stochastic_depth")  # fmt: skip
    names = (*SETS["all"], *NEED_WEIGHTS)
    with_weights = survey(load_registry(code(weights)), names, data, BUDGET)
    assert with_weights.left_out == inside
    assert not with_weights.cautions
    without = survey(load_registry(code(None)), names, data, BUDGET)
    assert without.left_out == (*inside, *NEED_WEIGHTS)


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ((31, 40, 3), "these have 31×40; --image-size 32 resizes images"),
        ((32, 32, 4), "takes grey images or RGB, and these have 4 channels"),
    ],
)
def test_images_that_it_does_not_take_are_refused(shape: tuple[int, ...], says: str) -> None:
    with pytest.raises(CustomCodeError, match=says):
        Registry(build=Network(SMALL, None)).network(Stages(), shape, 2, BUDGET)


def other_shapes(folder: Path) -> Path:
    inputs = keras.Input((8, 8, 3))
    keras.Model(inputs, layers.Conv2D(4, 3)(inputs)).save_weights(folder / "x.weights.h5")
    return folder / "x.weights.h5"


def broken(folder: Path) -> Path:
    (folder / "x.keras").write_bytes(b"PK no archive")
    return folder / "x.keras"


def with_code(folder: Path) -> Path:
    """A model whose file holds a function, which loading it safely does not run."""
    inputs = keras.Input((8, 8, 3))
    keras.Model(inputs, layers.Lambda(lambda x: x + 1)(inputs)).save(folder / "y.keras")
    return folder / "y.keras"


@pytest.mark.parametrize("make", [other_shapes, broken, with_code])
def test_a_file_of_other_weights_is_refused(make: Callable[[Path], Path], tmp_path: Path) -> None:
    file = make(tmp_path)
    registry = load_registry(code(file))
    stages = registry.compose(usual(["pretrained"]))
    with pytest.raises(CustomCodeError, match=rf"{file.name} are not those of MobileNetV3Small"):
        registry.network(stages, (*SIZE, 3), 2, BUDGET)


@pytest.fixture(scope="module")
def resized() -> tuple[DataSpec, Data]:
    spec = replace(DIGITS, image_size=SMALLEST)
    return spec, load_spec(spec)


@pytest.mark.parametrize("recipe", [usual([*NEED_WEIGHTS, "dropout"]), usual(["pretrained"])])
def test_the_script_begins_with_the_same_base(
    recipe: Recipe,
    trained: keras.Model,
    weights: Path,
    resized: tuple[DataSpec, Data],
    tmp_path: Path,
) -> None:
    spec, digits = resized
    file = weights if len(recipe) > 1 else head_on(trained, tmp_path)
    script = written(recipe, digits, spec, custom_code=code(file).used_by(recipe))
    check_clean({"script": script}, tmp_path)
    assert "model_space" not in script
    network = run(script)["build"]()
    assert all(equal(base_of(network), trained))
    assert len(network.trainable_weights) == (2 if "frozen_base" in recipe else 8)
    assert base_of(network).layers[2].momentum == 0.9
