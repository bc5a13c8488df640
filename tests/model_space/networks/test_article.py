from itertools import combinations, compress
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from model_space.components.layers import StochasticDepth
from model_space.networks.article import build
from model_space.recipe import Recipe
from model_space.techniques import SETS, TECHNIQUES, compose, usual
from tests.support import article

CIFAR = (32, 32, 3)


def recipe(*names: str) -> Recipe:
    return usual(names)


def network(*names: str, **options: float) -> keras.Model:
    return build(CIFAR, 10, compose(recipe(*names)), **options)  # type: ignore[arg-type]


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


@pytest.mark.numeric
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


IMAGES = np.random.default_rng(0).random((4, 15, 15, 1), np.float32)
# Unequal classes: the last bias learns even where every ReLU of a narrow network is dead.
LABELS = np.eye(2, dtype=np.float32)[[0, 1, 1, 1]]


def train_a_step(chosen: Recipe, width: float) -> None:
    """Train one step, not compiled, on what the stages make of four images."""
    stages = compose(chosen)
    model = build((15, 15, 1), 2, stages, width=width)
    assert len(convolutions(model)) == (22 if "deeper" in chosen else 10), chosen
    assert model.output_shape == (None, 2), chosen
    optimizer, loss = stages.optimizer(stages.schedule(1)), stages.loss()
    weights = model.trainable_variables
    averages = [] if stages.average is None else [stages.average(model.weights)]
    batch = {"images": IMAGES, "labels": LABELS}
    for augment in stages.augment:
        batch["images"] = augment()(batch["images"])
    for mix in stages.mix:
        batch = mix()(batch)
    before = [weight.numpy() for weight in weights]
    with tf.GradientTape() as tape:
        found = loss(batch["labels"], model(batch["images"], training=True))
    optimizer.apply(tape.gradient(found, weights), weights)
    for each in averages:
        each.update()
    assert np.isfinite(found), chosen
    assert any((a != b).any() for a, b in zip(before, weights, strict=True)), chosen
    assert all(np.isfinite(weight).all() for weight in model.get_weights()), chosen


def test_every_combination_of_any_four_of_the_articles_techniques_trains_a_step() -> None:
    """In 24 runs: Paley's Hadamard matrix of order 12 and its negative, whose columns cover any
    four (Colbourn & Kéri 2009)."""
    squares = {i * i % 11 for i in range(1, 11)}
    matrix = np.ones((12, 12), bool)
    matrix[1:, 0] = False
    matrix[1:, 1:] = [[i == j or (i - j) % 11 in squares for j in range(11)] for i in range(11)]
    rows = np.concatenate([matrix, ~matrix])[:, : len(SETS["article"])]
    for four in combinations(range(len(SETS["article"])), 4):
        assert len(np.unique(rows[:, four], axis=0)) == 16
    for row in rows:
        names = [*compress(SETS["article"], row)]
        train_a_step(recipe(*names), 0.125)


def test_every_combination_of_any_two_techniques_trains_a_step() -> None:
    """In eight runs, by columns of Kleitman & Spencer 1973: each is on in the first and three."""
    columns = [[run in (0, *on) for run in range(8)] for on in combinations(range(1, 8), 3)]
    rows = np.array(columns[: len(TECHNIQUES)]).T
    for two in combinations(range(len(TECHNIQUES)), 2):
        assert len(np.unique(rows[:, two], axis=0)) == 4
    for row in rows:
        names = [one.name for one in compress(TECHNIQUES, row)]
        train_a_step(recipe(*names), 0.05)


@pytest.mark.numeric
def test_random_combinations_with_random_dials_train_a_step() -> None:
    random = np.random.default_rng(0)
    for _ in range(3):
        on = [t for t in TECHNIQUES if random.random() < 0.7]
        random.shuffle(on)  # the order in which they are named is no matter
        train_a_step(
            {t.name: {d.name: random.uniform(d.low, d.high) for d in t.dials} for t in on}, 0.05
        )


def test_the_order_of_a_choice_is_no_matter() -> None:
    def described(chosen: Recipe) -> list[object]:
        stages = compose(chosen)
        built = [type(each()).__name__ for each in (*stages.augment, *stages.mix)]
        return [built, stages.optimizer.keywords]  # type: ignore[attr-defined]

    everything = recipe(*SETS["all"])
    assert described(everything) == described(dict(reversed(list(everything.items()))))
    assert described(everything) == [
        ["RandomAffine", "RandAugment", "RandomErasing", "SpecAugment", "MixUp", "CutMix"],
        {"amsgrad": True, "decoupled_decay": 0.1},
    ]


def test_a_skip_adds_the_input_padded_with_zero_channels() -> None:
    x = np.ones((1, 4, 4, 2), np.float32)
    y = np.full((1, 4, 4, 3), 5, np.float32)
    joined = np.asarray(compose(recipe("residual")).join(x, y))
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


def test_deeper_adds_two_blocks_to_every_stage() -> None:
    usual_depth, deep = network("residual"), network("residual", "deeper")
    assert len(convolutions(usual_depth)) == 10
    assert [c.filters for c in convolutions(deep)] == [64] * 8 + [128] * 7 + [256] * 7
    assert len(convolutions(network("deeper", depth=16, width=0.1))) == 16 + 12

    def maps(model: keras.Model) -> list[tuple[int, ...]]:
        return [c.output.shape for c in convolutions(model) if c.strides == (2, 2)]

    assert maps(deep) == maps(usual_depth)


@pytest.mark.numeric
def test_silu_takes_the_place_of_every_relu() -> None:
    model = network("silu", "batch_norm", width=0.1)
    assert not [layer for layer in model.layers if isinstance(layer, layers.ReLU)]
    assert len([layer for layer in model.layers if isinstance(layer, layers.Activation)]) == 10
    x = np.linspace(-5, 5, 11, dtype=np.float32)
    y = np.asarray(compose(recipe("silu")).activate(x))
    np.testing.assert_allclose(y, x / (1 + np.exp(-x)), rtol=1e-5)


@pytest.mark.numeric
def test_squeeze_excitation_gates_every_blocks_output_before_the_skip() -> None:
    model = network("squeeze_excitation", "residual")
    gates = [layer for layer in model.layers if isinstance(layer, layers.Multiply)]
    assert len(gates) == 3
    for multiply in gates:
        taken, gate = multiply.input
        assert isinstance(taken._keras_history.operation, layers.Conv2D)
        assert gate.shape == (None, 1, 1, taken.shape[-1])
        assert isinstance(multiply._outbound_nodes[0].operation, layers.Add)
    inputs = keras.Input((5, 4, 32))
    block = keras.Model(inputs, compose(recipe("squeeze_excitation")).recalibrate(inputs))
    assert block.weights[0].shape == (32, 2)
    rng = np.random.default_rng(0)
    block.set_weights([rng.normal(size=weight.shape) for weight in block.weights])
    first, first_bias, second, second_bias = (weight.numpy() for weight in block.weights)
    x = rng.normal(size=(3, 5, 4, 32)).astype(np.float32)
    hidden = np.maximum(0, x.mean(axis=(1, 2)) @ first + first_bias)
    gate = 1 / (1 + np.exp(-(hidden @ second + second_bias)))
    assert np.ptp(gate) > 0.01
    np.testing.assert_allclose(block(x), x * gate[:, None, None, :], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("names", [(), ("residual",), ("squeeze_excitation",), ("deeper",)])
def test_blocks_survive_less_often_the_deeper_they_are(names: tuple[str, ...]) -> None:
    model = network("stochastic_depth", *names, width=0.1)
    found = [layer for layer in model.layers if isinstance(layer, StochasticDepth)]
    blocks = 9 if "deeper" in names else 3
    rates = [float(layer._rate()) for layer in found]
    np.testing.assert_allclose(rates, 0.5 * np.arange(1, blocks + 1) / blocks)
    after = layers.Add if "residual" in names else layers.ReLU
    for layer in found:
        assert isinstance(layer._outbound_nodes[0].operation, after)


@pytest.mark.numeric
def test_label_smoothing_is_by_hand_and_reads_its_factor_anew() -> None:
    factor = keras.Variable(0.0, trainable=False)
    loss = compose({"label_smoothing": {"factor": factor}}).loss()
    random = np.random.default_rng(0)
    labels = np.eye(4, dtype=np.float32)[[0, 3, 1]]
    scores = random.dirichlet(np.ones(4), 3).astype(np.float32)
    for value in (0.0, 0.1, 0.4):
        factor.assign(value)
        smoothed = labels * (1 - value) + value / 4
        by_hand = -(smoothed * np.log(scores)).sum(axis=1).mean()
        assert float(loss(labels, scores)) == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.numeric
@pytest.mark.parametrize(("steps", "warm_up"), [(100, 5), (39, 1), (7, 0), (1, 0)])
def test_the_cosines_learning_rates_of_a_whole_run(steps: int, warm_up: int) -> None:
    stages = compose(recipe("cosine_schedule"))
    optimizer = stages.optimizer(stages.schedule(steps))
    found = []
    for step in range(steps):
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    rising = [1e-3 * (step + 1) / (warm_up + 1) for step in range(warm_up)]
    left = steps - warm_up
    falling = [1e-3 * (1 + np.cos(np.pi * step / left)) / 2 for step in range(left)]
    np.testing.assert_allclose(found, rising + falling, rtol=1e-4, atol=1e-9)
