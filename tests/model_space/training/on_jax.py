"""What holds on JAX alone; `tests/test_jax.py` runs it, in a process in which Keras is on JAX."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np
import pytest
from jax.extend.random import threefry_2x32
from keras import layers

from model_space.budget import Budget
from model_space.custom.registry import Registry
from model_space.data import Data, load, load_spec
from model_space.script import writer
from model_space.stages import Stages
from model_space.techniques import TECHNIQUES, usual
from model_space.training.backends import jax as backend
from model_space.training.backends import loops, making
from model_space.training.batches import as_batch, orders
from model_space.training.setup import TrainingSetup
from tests.support.scripts import SMALL, orders_trained_on, written

pytestmark = pytest.mark.jax
RECIPE = {"batch_norm": {}, "dropout": {"rate": 0.3}}
BUDGET = Budget(epochs=1, batch_size=20)


def dense(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    """A layer and a block of one layer, each pixel by itself: XLA compiles it in half the time."""
    inputs = keras.Input(image_shape)
    x = stages.activate(stages.normalise(layers.Dense(8)(inputs)))
    y = stages.survive(stages.activate(stages.normalise(layers.Dense(8)(x))), 1.0)
    x = layers.Flatten()(stages.drop(stages.join(x, y)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


DENSE = Registry(build=dense)


@pytest.fixture(scope="module")
def data() -> Data:
    return load("digits", train_size=90, validation=60)


def test_many_batches_in_one_call_are_those_batches_one_by_one(data: Data) -> None:
    """As an accelerator has them; every state goes through the loop."""
    assert keras.backend.backend() == "jax"
    ends = []
    for at_once in (True, False):
        keras.utils.set_random_seed(1)
        setup = TrainingSetup(RECIPE, data, BUDGET, DENSE, variable_dials=True)
        compiled = loops(setup, data, BUDGET.batch_size)
        assert isinstance(compiled, backend.JaxLoops)
        compiled._at_once = at_once
        shard = compiled.put(data.train)
        began = [np.asarray(variable.value) for variable in setup.variables]
        losses = [compiled.train(shard, 0, 40), compiled.train(shard, 40, 90)]
        ends.append((losses, [np.asarray(variable.value) for variable in setup.variables]))
    (losses, values), (expected_losses, expected) = ends
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-4)
    # Adam makes a step of a rounding where a gradient is none, as of biases before normalization.
    off = sum(np.abs(a - b.astype(float)).sum() for a, b in zip(values, expected, strict=True))
    moved = sum(np.abs(a - b.astype(float)).sum() for a, b in zip(values, began, strict=True))
    assert off < 0.01 * moved
    assert all((a != b).any() for a, b in zip(began, values, strict=True) if a.size > 1)


def test_every_dial_is_a_value_and_not_compiled_in(data: Data) -> None:
    recipe = {
        **usual([technique.name for technique in TECHNIQUES if technique.dials]),
        "weight_ema": {"momentum": 0.2},  # what a few steps reach
    }
    keras.utils.set_random_seed(1)
    setup = TrainingSetup(recipe, data, BUDGET, DENSE, variable_dials=True)
    compiled = loops(setup, data, BUDGET.batch_size)
    shard = compiled.put(data.train)
    began = [np.asarray(variable.value).copy() for variable in setup.variables]

    def trained() -> list[np.ndarray]:
        for variable, value in zip(setup.variables, began, strict=True):
            variable.assign(value)
        compiled.train(shard, 0, 80)  # batches enough for both mixup and cutmix
        return [np.asarray(variable.value).copy() for variable in setup.variables]

    usually = trained()
    for (technique, dial), variable in setup.dials.items():
        variable.assign(0.5 * recipe[technique][dial])
        turned = trained()
        assert any((a != b).any() for a, b in zip(usually, turned, strict=True)), technique
        variable.assign(recipe[technique][dial])
    for value, again in zip(usually, trained(), strict=True):
        np.testing.assert_array_equal(value, again)


def lowered(program: backend._Program, values: backend.Values, *arguments: Any) -> str:
    """What XLA is to compile, as text, which is equal for equal programs alone."""
    return str(program._compiled.lower(*program._apart(values), *arguments).as_text())


def test_recipes_share_the_programs_of_a_step_that_are_the_same(data: Data) -> None:
    """What augments and mixes is none of the network's business, nor the other way round."""
    programs = []
    for recipe in (RECIPE, {**RECIPE, **usual(["augmentation", "mixup"])}, usual(["mixup"])):
        setup = TrainingSetup(recipe, data, BUDGET, DENSE, variable_dials=True)
        compiled = loops(setup, data, BUDGET.batch_size)
        assert isinstance(compiled, backend.JaxLoops)
        values, (images, labels) = compiled._values(), compiled.put(data.train)
        batch = as_batch(images[:20], labels[:20], 10)
        programs.append(
            (
                lowered(compiled._batch, values, images, labels, 0, 20),
                lowered(compiled._learn, values, batch),
            )
        )
    (plain, step), (changed, same_step), (mixed, other_step) = programs
    assert step == same_step != other_step
    assert len({plain, changed, mixed}) == 3


def test_random_bits_are_threefry_s_and_rotated_by_constants() -> None:
    """Words by the known-answer tests of Random123, by Threefry's authors."""
    with making():
        draw = jax.jit(threefry_2x32)
    for key, counter, expected in (
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ):
        words = draw(np.array(key, "uint32"), np.array(counter, "uint32"))
        np.testing.assert_array_equal(words, np.array(expected, "uint32"))
    rotations = "tensor<4xui32>"  # as JAX's own loop keeps them
    assert rotations not in draw.lower(*np.zeros((2, 2), "uint32")).as_text()


def linear(image_shape: tuple[int, ...], classes: int, stages: Stages) -> keras.Model:
    inputs = keras.Input(image_shape)
    scores = layers.Dense(classes, activation="softmax")(layers.Flatten()(inputs))
    return keras.Model(inputs, scores)


def test_a_script_draws_the_study_s_orders_a_new_one_every_epoch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(writer, "load_registry", lambda code: Registry(build=linear))
    data = load_spec(SMALL)
    found = orders_trained_on(
        written({}, data, budget=Budget(epochs=2, batch_size=125), backend="jax"), 250
    )
    assert found == [order.tolist() for order in islice(orders(250, 7), 2)]
