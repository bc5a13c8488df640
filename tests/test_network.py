from itertools import combinations, product
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from model_space.network import build
from model_space.techniques import TECHNIQUES, Choice, compose, usual
from search.design import fraction
from tests import article

CIFAR = (32, 32, 3)


def choice(*names: str) -> Choice:
    return usual(names)


def network(*names: str, **options: float) -> keras.Model:
    return build(compose(choice(*names)), CIFAR, 10, **options)  # type: ignore[arg-type]


def convolutions(model: keras.Model) -> list[keras.Layer]:
    return [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]


@pytest.mark.parametrize(
    ("names", "parameters"),
    [
        ((), 1_978_442),
        (("batch_norm",), 1_984_074),
        (("batch_norm", "residual", "late_widening"), 876_234),
        (("batch_norm", "residual", "late_widening", "global_pooling"), 855_754),
    ],
)
def test_parameter_counts_are_the_articles(names: tuple[str, ...], parameters: int) -> None:
    assert network(*names).count_params() == parameters


FINAL = ("batch_norm", "residual", "late_widening", "global_pooling", "dropout")


@pytest.mark.parametrize(
    ("names", "longhand"), [((), article.base), (FINAL, article.final)], ids=["base", "final"]
)
def test_networks_equal_the_articles_layer_by_layer(names, longhand) -> None:  # type: ignore[no-untyped-def]
    ours, theirs = network(*names), longhand(CIFAR, 10)

    def described(model: keras.Model) -> list[object]:
        names = [layer.name for layer in model.layers]
        return [
            (
                type(layer).__name__,
                {key: value for key, value in layer.get_config().items() if key != "name"},
                [names.index(tensor._keras_history.operation.name) for tensor in inputs(layer)],
            )
            for layer in model.layers
        ]

    def inputs(layer: keras.Layer) -> list[Any]:
        return [] if isinstance(layer, layers.InputLayer) else keras.tree.flatten(layer.input)

    assert described(ours) == described(theirs)
    ours.set_weights(theirs.get_weights())
    images = np.random.default_rng(0).random((4, *CIFAR), np.float32)
    np.testing.assert_array_equal(ours(images), theirs(images))


def test_every_combination_builds() -> None:
    for levels in product((False, True), repeat=len(TECHNIQUES)):
        names = [t.name for t, on in zip(TECHNIQUES, levels, strict=True) if on]
        model = build(compose(choice(*names)), (15, 15, 1), 2, width=0.125)
        assert len(convolutions(model)) == 10, names
        assert model.output_shape == (None, 2), names


def test_every_combination_of_any_four_techniques_trains_a_step() -> None:
    images = np.random.default_rng(0).random((4, 15, 15, 1), np.float32)
    # Unequal classes: the last bias learns even where every ReLU of a narrow network is dead.
    labels = np.eye(2, dtype=np.float32)[[0, 1, 1, 1]]
    rows = fraction(len(TECHNIQUES), 64)
    for four in combinations(range(len(TECHNIQUES)), 4):
        assert len(np.unique(rows[:, four], axis=0)) == 16
    for row in rows:
        names = [t.name for t, on in zip(TECHNIQUES, row, strict=True) if on]
        recipe = compose(choice(*names))
        model = build(recipe, (15, 15, 1), 2, width=0.125)
        model.compile(recipe.optimizer(recipe.schedule(1)), recipe.loss(), run_eagerly=True)
        before = model.get_weights()
        batch = {"images": images, "labels": labels}
        for augment in recipe.augment:
            batch["images"] = augment()(batch["images"])
        for mix in recipe.mix:
            batch = mix()(batch)
        loss = model.train_on_batch(batch["images"], batch["labels"])
        assert np.isfinite(loss), names
        assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True)), names


def test_a_skip_adds_the_input_padded_with_zero_channels() -> None:
    x = np.ones((1, 4, 4, 2), np.float32)
    y = np.full((1, 4, 4, 3), 5, np.float32)
    joined = np.asarray(compose(choice("residual")).join(x, y))
    assert (joined[..., :2] == 6).all()
    assert (joined[..., 2] == 5).all()


@pytest.mark.parametrize("depth", [10, 16, 22])
def test_depth_counts_the_convolutions(depth: int) -> None:
    assert len(convolutions(network("residual", depth=depth, width=0.1))) == depth


def test_width_scales_every_convolution() -> None:
    narrow, wide = convolutions(network(width=0.25)), convolutions(network())
    assert [c.filters for c in narrow] == [c.filters / 4 for c in wide]


@pytest.mark.parametrize("depth", [4, 11, 12])
def test_an_impossible_depth_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="10, 16, 22"):
        network(depth=depth)
