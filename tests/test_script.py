"""The script of a recipe: the study's network, data and training, in Keras alone."""

import random
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from model_space.budget import Budget
from model_space.data import Data, DataError, load
from model_space.kit import Kit
from model_space.layers import OneOf, RandomAffine
from model_space.made import Made
from model_space.networks import resnet20
from model_space.own import OwnError, load_network, load_technique
from model_space.plain import plain
from model_space.recipe import Recipe
from model_space.script import Order, writer
from model_space.script.building import builder
from model_space.script.graph import Graph
from model_space.techniques import SETS, TECHNIQUES, Choice, compose, usual
from model_space.training import Trainer
from tests.test_sound import tones

SMALL: dict[str, Any] = {
    "name": "digits", "image_size": None, "validation": 50, "train_size": 200, "seed": 0
}  # fmt: skip
# So Keras reads TensorFlow's variables when it copies and saves them.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def digits() -> Data:
    return load(**SMALL)


def facts(data: Data) -> dict[str, Any]:
    sizes = {part: len(getattr(data, part)[1]) for part in ("train", "validation", "test")}
    return {
        "classes": list(data.classes), "image_shape": list(data.image_shape),
        "sound": data.sound and asdict(data.sound), **sizes,
    }  # fmt: skip


def written(choice: Choice, data: Data, where: Mapping[str, Any] = SMALL, /, **changes: Any) -> str:
    order: dict[str, Any] = {
        "about": ["A test."], "choice": choice, "backend": "tensorflow", "seed": 7, "data": where,
        "facts": facts(data), "budget": asdict(Budget(epochs=2, batch_size=25, width=0.1)),
    }  # fmt: skip
    return writer.script(Order(**order | changes))


def run(script: str) -> dict[str, Any]:
    """What the script defines; it does not train."""
    namespace: dict[str, Any] = {"__name__": "script"}
    exec(compile(script, "script", "exec", dont_inherit=True), namespace)
    return namespace


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


def small(shape: tuple[int, ...], classes: int, recipe: Recipe) -> keras.Model:
    """A network that is quick to make and calls every stage."""
    x = inputs = keras.Input(shape)
    for _ in range(1 + recipe.more_blocks):
        y = recipe.normalise(layers.Conv2D(recipe.widths[1] // 8, 3, padding="same")(x))
        y = recipe.survive(recipe.recalibrate(recipe.activate(y)), 0.5)
        x = recipe.join(x, y)
    x = recipe.drop(recipe.activate(layers.Conv2D(8, 3, strides=4)(x)))
    scores = layers.Dense(classes, activation="softmax", dtype="float32")(recipe.pool(x))
    return keras.Model(inputs, scores)


@pytest.fixture
def kit(monkeypatch: pytest.MonkeyPatch) -> Kit:
    """Scripts are of the small network."""
    kit = Kit(build=small)
    monkeypatch.setattr(writer, "load_kit", lambda own, network: kit)
    return kit


MIXED = {
    "batch_norm": {}, "residual": {}, "dropout": {"rate": 0.35}, "silu": {}, "global_pooling": {},
    "stochastic_depth": {"rate": 0.25}, "cutmix": {"alpha": 0.7},
}  # fmt: skip
NETWORKS: dict[str, tuple[Choice, dict[str, Any]]] = {
    "none": ({}, {}),
    "article": (usual(SETS["article"]), {}),
    "all": (usual(SETS["all"]), {}),
    "mixed": (MIXED, {"depth": 16, "width": 0.2}),
    "bfloat16": (usual(["residual", "batch_norm"]), {"precision": "mixed_bfloat16"}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_scripts_network_is_the_study_s_layer_by_layer(
    name: str, digits: Data, tmp_path: Path
) -> None:
    choice, budget = NETWORKS[name]
    budget = {"epochs": 2, "batch_size": 25, "width": 0.1, **budget}
    script = written(choice, digits, budget=budget)
    check_clean({"script": script}, tmp_path)
    built = run(script)["build"]()
    made = Made(choice, digits, Budget(**budget)).network
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
        writer, "load_kit", lambda own, network: Kit(build=lambda *_: through(Own(0.5)))
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
    "subclass": (lambda: Subclass(), "none of Keras' functional or sequential models"),
}  # fmt: skip


class Subclass(keras.Model):  # type: ignore[misc]
    """A model whose layers nobody can tell."""


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_cannot_be_written_is_refused_in_a_sentence(case: str) -> None:
    make, says = UNWRITABLE[case]
    with pytest.raises(OwnError, match=says) as refused:
        builder(Graph(make()), "float32")
    assert "\n" not in str(refused.value)


def test_a_script_that_would_build_another_network_is_refused(
    digits: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        writer, "builder", lambda *a: [block.replace("ReLU", "ELU") for block in builder(*a)]
    )
    with pytest.raises(OwnError, match="what would be written builds another"):
        written({}, digits)


@pytest.mark.parametrize("loads", [True, False])
def test_a_network_that_comes_with_weights_of_its_own_is_refused(
    digits: Data, monkeypatch: pytest.MonkeyPatch, loads: bool
) -> None:
    def build(shape: tuple[int, ...], classes: int, recipe: Recipe) -> keras.Model:
        inputs = keras.Input(shape)
        seeded = keras.initializers.GlorotUniform(seed=1)  # the same every time, as in the script
        x = layers.Dense(4, activation="relu", kernel_initializer=seeded)(recipe.pool(inputs))
        model = keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
        if loads:
            model.layers[-1].kernel.assign(np.random.default_rng(1).normal(size=(4, classes)))
        return model

    monkeypatch.setattr(writer, "load_kit", lambda own, network: Kit(build=build))
    network = {"at": "trained.py", "digest": "", "keywords": []}
    if not loads:
        assert "seed=1" in written({}, digits, network=network)
        return
    with pytest.raises(OwnError, match=r"comes with weights of its own \(dense_\d+/kernel\)"):
        written({}, digits, network=network)


RULES = "A,B,C4,D1,E,F,I,N,PERF,PT,RET,RUF,S,SIM,UP,W"
"""The project's own but for T20, as a script prints."""


@pytest.mark.usefixtures("kit")
def test_every_technique_changes_the_script_and_all_scripts_are_clean(
    digits: Data, tmp_path: Path
) -> None:
    choices = {technique.name: usual([technique.name]) for technique in TECHNIQUES}
    choices |= {"none": {}, "all": usual(SETS["all"])}
    choices["turned"] = {
        t.name: {dial.name: dial.low for dial in t.dials} for t in TECHNIQUES if t.dials
    }
    scripts = {name: written(choice, digits) for name, choice in choices.items()}
    assert len(set(scripts.values())) == len(scripts)
    scripts["jax"] = written(usual(["mixup"]), digits, backend="jax")
    assert "tensorflow" not in scripts["jax"]
    for text in scripts.values():
        assert "kouka" not in text
        assert "model_space" not in text
    check_clean(scripts, tmp_path)


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


def test_the_scripts_stages_are_the_study_s(digits: Data) -> None:
    """Draw for draw, where they are not Keras' own."""
    names = ["rand_augment", "random_erasing", "spec_augment", "mixup", "cutmix"]
    space = run(written(usual(names), digits))
    recipe = compose(usual(names))
    random.seed(5)
    augment, mix = ([build() for build in stage] for stage in (recipe.augment, recipe.mix))
    one_of = OneOf(mix)
    random.seed(5)
    images, labels = digits.train
    batches = space["TrainingBatches"](images, labels)
    assert len(batches) == 8
    seen = []
    for index in range(8):
        rows = np.random.default_rng(7).permutation(200)[25 * index : 25 * (index + 1)]
        seen += rows.tolist()
        x, y = space["prepared"]((images[rows], labels[rows]))
        assert (x.min(), x.max()) == (0, 1)
        for layer in augment:
            x = layer(x, training=True)
        expected = one_of({"images": x, "labels": y}, training=True)
        found_images, found_labels = batches[index]
        np.testing.assert_allclose(found_images, expected["images"], atol=1e-5)
        np.testing.assert_allclose(found_labels, expected["labels"], atol=1e-5)
    assert sorted(seen) == list(range(200))
    order = batches.order
    batches.on_epoch_end()
    assert (batches.order != order).any()


def test_the_scripts_augmentation_moves_images_as_far_as_the_study_s(digits: Data) -> None:
    space = run(written(usual(["augmentation"]), digits))
    random.seed(1)
    theirs, ours = space["TrainingBatches"](*digits.train).augment, RandomAffine(20, 0.2)
    # A blob, and a second one by which it is told how far it was turned.
    y, x = np.mgrid[:33, :33]
    images = np.stack(
        [np.exp(-((y - b) ** 2 + (x - a) ** 2) / 4) for b, a in ((16, 20), (12, 16))], axis=-1
    ).astype(np.float32)
    batch = np.broadcast_to(images, (3000, 33, 33, 2))

    def places(images: Any) -> np.ndarray:
        weights = np.asarray(images) ** 2
        weights /= weights.sum(axis=(1, 2), keepdims=True)
        rows, columns = ((weights * axis[..., None]).sum(axis=(1, 2)) for axis in (y, x))
        middle = rows.mean(axis=1), columns.mean(axis=1)
        turn = np.arctan2(rows[:, 1] - rows[:, 0], np.abs(columns[:, 1] - columns[:, 0]))
        return np.stack([*middle, turn, np.sign(columns[:, 1] - columns[:, 0])])

    moved = batch
    for layer in theirs:
        moved = layer(moved, training=True)
    found, expected = places(moved), places(ours(batch))
    inside = [np.abs(each[:2] - 16).max(axis=0) < 7 for each in (found, expected)]
    assert abs(inside[0].mean() - inside[1].mean()) < 0.05
    for a, b in zip(found, expected, strict=True):
        assert a.mean() == pytest.approx(b.mean(), abs=0.1 * b.std())
        assert a.std() == pytest.approx(b.std(), rel=0.07)


TRAINS: dict[str, Choice] = {
    "none": {},
    "all": {
        **usual(["batch_norm", "amsgrad", "label_smoothing", "cosine_schedule"]),
        "weight_decay": {"rate": 1.0}, "weight_ema": {"momentum": 0.5},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TRAINS)
def test_the_script_trains_as_the_study_does(
    name: str, digits: Data, folder: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """From the same weights, an epoch in one batch, so that no order matters."""
    choice = TRAINS[name]
    budget = Budget(epochs=8, batch_size=250)
    random.seed(3)
    made = Made(choice, digits.joined(), budget, kit, turnable=True)
    begun = [np.asarray(weight) for weight in made.network.weights]
    trainer = Trainer(digits, kit).joined
    outcome = trainer.train(choice, budget, 3, lambda epoch, accuracy: True)
    trainer.save(choice, budget, folder / "expected.keras")
    expected = keras.models.load_model(folder / "expected.keras", compile=False)

    space = run(written(choice, digits, budget=asdict(budget)))
    build = space["build"]

    def with_those_weights() -> keras.Model:
        network = build()
        network.set_weights(begun)
        return network

    monkeypatch.setitem(space, "build", with_those_weights)
    space["main"]()
    said = re.search(r"Test accuracy: (\d+\.\d\d) % of 359 images", capsys.readouterr().out)
    assert said
    found = keras.models.load_model(folder / "model.keras", compile=False)
    # A bias before a batch normalization goes wherever rounding takes it.
    kernels = [index for index, weight in enumerate(begun) if weight.ndim > 1]
    ours, theirs = found.get_weights(), expected.get_weights()
    for index in kernels:
        apart = np.abs(ours[index] - theirs[index])
        assert np.quantile(apart, 0.99) < 0.1 * np.abs(theirs[index] - begun[index]).max()
    images = digits.test[0] / np.float32(255)
    scores = [np.asarray(network(images)) for network in (found, expected, build())]
    np.testing.assert_allclose(scores[0], scores[1], atol=5e-4)
    assert np.abs(scores[1] - scores[2]).max() > 5e-3
    assert float(said[1]) == pytest.approx(100 * (outcome.test_accuracy or 0), abs=0.3)


def pictures(root: Path, count: int = 7, suffix: str = ".png") -> Path:
    draw = np.random.default_rng(0)
    for number, name in enumerate(("b", "a")):
        (root / name / "deeper").mkdir(parents=True)
        for index in range(count + number):
            pixels = draw.integers(0, 256, (20, 18, 3), dtype=np.uint8)
            inside = root / name / ("deeper" if index % 2 else "")
            Image.fromarray(pixels).save(inside / f"{index}{suffix}")
    (root / ".hidden").mkdir()
    (root / "a" / "notes.txt").write_text("no image")
    return root


def archive(path: Path, **changes: Any) -> Path:
    draw = np.random.default_rng(0)
    arrays = {
        "x": draw.integers(0, 256, (40, 16, 16), dtype=np.uint8), "y": np.arange(40) % 3 * 2 + 5
    }  # fmt: skip
    np.savez(path, **{n: a for n, a in {**arrays, **changes}.items() if a is not None})
    return path


X, Y = np.random.default_rng(1).normal(3, 2, (30, 15, 15, 3)), np.arange(30)[:, None] % 3
SOURCES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "digits": lambda path: {"name": "digits"},
    "digits, fewer and larger": lambda path: {**SMALL, "image_size": 20},
    "a share": lambda path: {"name": "digits", "train_size": 300, "validation": 0.25, "seed": 3},
    "archive": lambda path: {"name": str(archive(path / "a.npz")), "validation": 6},
    "archive in parts": lambda path: {
        "name": str(archive(
            path / "a.npz", x=None, y=None, x_train=X[:20], y_train=Y[:20], x_test=X[20:25],
            y_test=Y[20:25], x_val=X[25:], y_val=np.eye(3)[Y[25:, 0]],
        )),
        "train_size": 15,
    },
    "archive of numbers from 0 to 1": lambda path: {
        "name": str(archive(path / "a.npz", x=np.random.default_rng(2).random((40, 15, 15, 1)))),
        "image_size": 17,
    },
    "folder": lambda path: {"name": str(pictures(path / "data"))},
    "folder in parts, resized": lambda path: {
        "name": str([pictures(path / "data" / part) for part in ("val", "train")][1].parent),
        "image_size": 16,
    },
    "sounds": lambda path: {"name": str(tones(path / "data"))},
}  # fmt: skip


def in_order(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is trained on, whichever way round."""
    order = np.lexsort(np.round(images.reshape(len(images), -1).T, 4))
    return images[order], labels[order]


SETS_OF_KERAS = {"cifar10": ((32, 32, 3), (60, 1)), "mnist": ((28, 28), (60,))}
"""The shapes of an image and of 60 labels."""


@pytest.mark.parametrize("case", [*SOURCES, *SETS_OF_KERAS])
def test_the_scripts_data_and_test_images_are_the_study_s(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: dict[str, Any] = {"image_size": None, "validation": 0.1, "train_size": None, "seed": 0}
    if case in SOURCES:
        where |= SOURCES[case](tmp_path)
    else:
        where |= {"name": case, "train_size": 30}
        image, of = SETS_OF_KERAS[case]
        images = np.random.default_rng(0).integers(0, 256, (60, *image), np.uint8)
        labels = (np.arange(60) % 10).astype(np.uint8).reshape(of)
        halves = (images[:40], labels[:40]), (images[40:], labels[40:])
        monkeypatch.setattr(getattr(keras.datasets, case), "load_data", lambda: halves)
    data = load(**where)
    script = written({}, data, where)
    space = run(script)
    check_clean({"script": script}, tmp_path)
    (images, labels), (test_images, test_labels) = space["load"]()
    expected = data.joined()
    for ours, theirs in zip(in_order(images, labels), in_order(*expected.train), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_array_equal(test_labels, data.test[1])
    np.testing.assert_allclose(test_images, data.test[0], atol=1e-6)
    numbers, rows = space["prepared"]((test_images, test_labels))
    scale = 255 if data.test[0].dtype == np.uint8 else 1
    np.testing.assert_allclose(numbers, data.test[0] / scale, atol=1e-6)
    assert numbers.dtype == np.float32
    np.testing.assert_array_equal(rows, np.eye(len(data.classes))[data.test[1]])


def test_data_that_are_not_the_study_s_are_refused(digits: Data) -> None:
    with pytest.raises(DataError, match="the images of digits are not those the study began with"):
        written({}, digits, {**SMALL, "validation": 60})
    with pytest.raises(DataError, match="there is no data set or path 'nothing'"):
        written({}, digits, {**SMALL, "name": "nothing"})


DARKER = '''
from __future__ import annotations

from dataclasses import replace

import numpy as np
from keras import layers, ops

from model_space.technique import Technique

STRENGTH = np.float32(0.5)
"""How much darker."""


class Darker(layers.Layer):
    """Makes images darker."""

    def call(self, images: Images, training: bool = False) -> Images:
        """In training alone."""
        return ops.multiply(images, factor(training))


Images = object
"""Named where the layer is written, and defined after it."""


def factor(training):
    """Of every pixel."""
    return STRENGTH if training else 1


TECHNIQUE = Technique(
    name="darker", changes="", source="",
    apply=lambda recipe: replace(recipe, augment=(*recipe.augment, Darker)),
)
'''


def test_what_is_the_users_own_is_written_with_what_it_needs(digits: Data, folder: Path) -> None:
    (folder / "darker.py").write_text(DARKER)
    own = {"at": "darker.py", "digest": load_technique("darker.py")[1]}
    network = {"at": "model_space.networks.resnet20:build"}
    network["digest"] = load_network(network["at"])[1]
    script = written(
        {"darker": {}, "residual": {}}, digits, own={"darker": own}, network=network
    )  # fmt: skip
    order = [
        script.index(text) for text in ("STRENGTH =", "class Darker", "Images =", "def factor")
    ]
    assert order == sorted(order)
    assert script.count("class Darker") == script.count("import numpy as np") == 1
    space = run(script)
    grey = np.full((25, 16, 16, 1), 255, np.uint8)
    images, _ = space["TrainingBatches"](grey, np.zeros(25, int))[0]
    assert (images == 0.5).all()
    expected = resnet20.build((16, 16, 1), 10, compose({"residual": {}}), width=0.1)
    assert described(space["build"]()) == described(
        plain(expected, [np.asarray(weight) for weight in expected.weights])
    )


TRAINED = '''
from dataclasses import replace

import keras

from model_space.technique import Technique

FIRST = 0.05


def falling(steps):
    """From the first rate to almost none."""
    return keras.optimizers.schedules.PolynomialDecay(FIRST, steps)


def brier(labels, scores):
    """The squares of what the probabilities are off by, summed over the classes."""
    return keras.ops.mean(keras.ops.sum((labels - scores) ** 2, axis=-1))


class Nothing:
    """Averages that are none."""

    variables = ()

    def __init__(self, weights):
        pass


def apply(recipe, **changes):
    return replace(
        recipe, schedule=falling, loss=lambda: brier,
        optimizer=lambda rate, **options: keras.optimizers.SGD(rate, momentum=0.9), **changes,
    )


TECHNIQUE = Technique(name="mine", changes="", source="", apply=apply)
CONSTANT = Technique(
    name="mine", changes="", source="",
    apply=lambda recipe: replace(
        recipe, optimizer=lambda rate: keras.optimizers.RMSprop(0.3, weight_decay=0.02)
    ),
)
AVERAGED = Technique(
    name="mine", changes="", source="", apply=lambda recipe: apply(recipe, average=Nothing)
)
'''


def test_what_trains_may_be_the_users_own(digits: Data, folder: Path) -> None:
    (folder / "trained.py").write_text(TRAINED)

    def script(name: str) -> str:
        at = f"trained.py:{name}"
        own = {"mine": {"at": at, "digest": load_technique(at)[1]}}
        return written({"mine": {}}, digits, own=own)

    text = script("TECHNIQUE")
    assert "optimizer = keras.optimizers.SGD(learning_rate=falling(steps), momentum=0.9)" in text
    assert "loss=brier," in text
    assert text.index("FIRST = 0.05") < text.index("def falling(") < text.index("def brier(")
    space = run(text)
    assert float(space["falling"](10)(5)) == pytest.approx(0.02505, abs=1e-4)
    labels = np.eye(3, dtype=np.float32)
    assert float(space["brier"](labels, labels[::-1])) == pytest.approx(4 / 3)
    text = script("CONSTANT")
    assert "keras.optimizers.RMSprop(learning_rate=0.3, weight_decay=0.02)" in text
    with pytest.raises(OwnError, match="Nothing, which averages the weights, cannot be written"):
        script("AVERAGED")
