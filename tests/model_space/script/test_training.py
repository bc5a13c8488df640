"""The script trains as the study does, by every technique."""

import random
import re
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from model_space.budget import Budget
from model_space.components.layers import OneOf, RandomAffine
from model_space.custom.registry import Registry
from model_space.data import Data
from model_space.recipe import Recipe
from model_space.script import writer
from model_space.stages import Stages
from model_space.techniques import SETS, TECHNIQUES, compose, usual
from model_space.training.batches import orders
from model_space.training.trainer import Trainer
from tests.support.scores import share_right
from tests.support.scripts import check_clean, orders_trained_on, run, written

# So Keras reads TensorFlow's variables when it copies and saves them.
pytestmark = [
    pytest.mark.numeric,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def small(shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    """A network that is quick to make and calls every stage."""
    x = inputs = keras.Input(shape)
    for _ in range(1 + stages.more_blocks):
        y = stages.normalise(layers.Conv2D(stages.widths[1] // 8, 3, padding="same")(x))
        y = stages.survive(stages.recalibrate(stages.activate(y)), 0.5)
        x = stages.join(x, y)
    x = stages.drop(stages.activate(layers.Conv2D(8, 3, strides=4)(x)))
    scores = layers.Dense(classes, activation="softmax", dtype="float32")(stages.pool(x))
    return keras.Model(inputs, scores)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Scripts are of the small network."""
    registry = Registry(build=small)
    monkeypatch.setattr(writer, "load_registry", lambda code: registry)
    return registry


@pytest.mark.usefixtures("registry")
def test_every_technique_changes_the_script_and_all_scripts_are_clean(
    digits: Data, tmp_path: Path
) -> None:
    choices = {name: usual([name]) for name in SETS["all"]}
    choices |= {"none": {}, "all": usual(SETS["all"])}
    choices["turned"] = {
        t.name: {dial.name: dial.low for dial in t.dials} for t in TECHNIQUES if t.dials
    }
    scripts = {name: written(recipe, digits) for name, recipe in choices.items()}
    assert len(set(scripts.values())) == len(scripts)
    scripts["jax"] = written(usual(["mixup"]), digits, backend="jax")
    assert "tensorflow" not in scripts["jax"]
    for text in scripts.values():
        assert "kouka" not in text
        assert "model_space" not in text
    check_clean(scripts, tmp_path)


def test_the_scripts_stages_are_the_study_s(digits: Data) -> None:
    """Draw for draw, where they are not Keras' own."""
    names = [*SETS["parts"], "rand_augment", "random_erasing", "spec_augment", "mixup", "cutmix"]
    space = run(written(usual(names), digits))
    stages = compose(usual(names))
    random.seed(5)
    augment, mix = ([build() for build in stage] for stage in (stages.augment, stages.mix))
    one_of = OneOf(mix)
    random.seed(5)
    images, labels = digits.train
    batches = space["TrainingBatches"](images, labels)
    batches.on_epoch_end()
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


TRAINS: dict[str, Recipe] = {
    "none": {},
    "all": {
        **usual(["batch_norm", "amsgrad", "label_smoothing", "cosine_schedule"]),
        "weight_decay": {"rate": 1.0}, "weight_ema": {"momentum": 0.5},
    },
}  # fmt: skip


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("names", [[], ["augmentation"]])
def test_the_script_draws_the_study_s_orders_a_new_one_every_epoch(
    names: list[str], digits: Data, registry: Registry
) -> None:
    text = written(usual(names), digits, budget=Budget(epochs=3, batch_size=60))
    found = orders_trained_on(text, 250)
    assert found == [order.tolist() for order in islice(orders(250, 7), 3)]
    assert found[0] != found[1] != found[2]


def test_the_script_has_the_budgets_learning_rate(digits: Data) -> None:
    budget = Budget(epochs=4, batch_size=50, width=0.1, learning_rate=3e-3)
    assert "keras.optimizers.Adam(learning_rate=0.003)" in written({}, digits, budget=budget)
    text = written({"cosine_schedule": {}}, digits, budget=budget)
    rates = re.search(r"CosineDecay\((.*?)\)", text, re.DOTALL)
    assert rates
    assert rates[1] == "0.0015, 19, warmup_target=0.003, warmup_steps=1"


@pytest.mark.parametrize("name", TRAINS)
def test_the_script_trains_as_the_study_does(
    name: str, digits: Data, folder: Path, registry: Registry, capsys: Any
) -> None:
    """From the same seed, and so from the same weights and in the same orders."""
    recipe, seed = TRAINS[name], 7
    budget = Budget(epochs=4, batch_size=100)
    trainer = Trainer(digits, registry).joined
    outcome = trainer.train(recipe, budget, seed, lambda epoch, accuracy: True)
    trainer.save(recipe, budget, folder / "expected.keras")
    expected = keras.models.load_model(folder / "expected.keras", compile=False)

    space = run(written(recipe, digits, budget=budget, seed=seed))
    space["main"]()
    said = re.search(r"Test accuracy: (\d+\.\d\d) % of 359 images", capsys.readouterr().out)
    assert said
    found = keras.models.load_model(folder / "model.keras", compile=False)
    keras.utils.set_random_seed(seed)
    untrained = space["build"]()
    begun = untrained.get_weights()
    # A bias before a batch normalization goes wherever rounding takes it.
    kernels = [index for index, weight in enumerate(begun) if weight.ndim > 1]
    ours, theirs = found.get_weights(), expected.get_weights()
    for index in kernels:
        apart = np.abs(ours[index] - theirs[index])
        assert np.quantile(apart, 0.99) < 0.1 * np.abs(theirs[index] - begun[index]).max()
    images = digits.test[0] / np.float32(255)
    scores = [np.asarray(network(images)) for network in (found, expected, untrained)]
    np.testing.assert_allclose(scores[0], scores[1], atol=5e-4)
    assert np.abs(scores[1] - scores[2]).max() > 5e-3
    assert outcome.test_accuracy is not None
    # Each by its own scores: alike as these are, after a few steps many images lie between classes.
    for percent, own in ((float(said[1]), scores[0]), (100 * outcome.test_accuracy, scores[1])):
        least, most = share_right(own, digits.test[1])
        assert 100 * least - 0.005 <= percent <= 100 * most + 0.005
