"""What kouka puts in the place of Keras' own layers and optimizer, held against them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from model_space.components.layers import BatchNormalization, Dropout, StochasticDepth
from model_space.components.weight_averages import WeightAverages
from model_space.optimizers import Adam

pytestmark = pytest.mark.numeric


@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam_updates_as_keras_own_does(amsgrad: bool) -> None:
    random = np.random.default_rng(0)
    shapes = [(3, 3, 4, 8), (8,)]
    ends = []
    gradients = [[random.normal(0, 1 + step % 3, shape) for shape in shapes] for step in range(40)]
    for optimizer in (
        Adam(0.01, amsgrad=amsgrad), keras.optimizers.Adam(0.01, amsgrad=amsgrad)
    ):  # fmt: skip
        weights = [keras.Variable(np.ones(shape), dtype="float32") for shape in shapes]
        optimizer.build(weights)
        for step in gradients:
            optimizer.apply([tf.constant(g, tf.float32) for g in step], weights)
        assert int(optimizer.iterations) == 40
        ends.append([v.numpy() for v in (*weights, *optimizer.variables)])
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert np.abs(ends[0][0] - 1).max() > 0.05


def test_batch_normalization_trains_as_keras_own_does() -> None:
    """Outputs, gradients and moving averages, on batches of which n - 1 is far from n."""
    random = np.random.default_rng(1)
    batches = [random.normal(3, 2, (2, 2, 1, 5)).astype(np.float32) for _ in range(3)]
    found = []
    for layer in (BatchNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)):
        layer.build((None, 2, 1, 5))
        layer.gamma.assign(np.linspace(0.5, 2, 5))
        values = []
        for batch in batches:
            x = tf.constant(batch)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x, training=True)
                loss = tf.reduce_sum(y**3)
            values += [y, *tape.gradient(loss, [x, layer.gamma.value, layer.beta.value])]
        values += [layer.moving_mean, layer.moving_variance, layer(batches[0], training=False)]
        found.append([np.asarray(value) for value in values])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    keras.utils.set_random_seed(0)
    rate = keras.Variable(0.3, trainable=False)
    layer = Dropout(rate)
    x = np.full((100, 1000), 2.0, np.float32)
    np.testing.assert_array_equal(layer(x, training=False), x)
    for value in (0.3, 0.6):
        rate.assign(value)
        first, second = np.asarray(layer(x, training=True)), np.asarray(layer(x, training=True))
        assert (first == 0).mean() == pytest.approx(value, abs=0.01)
        assert first.mean() == pytest.approx(2, rel=0.02)
        np.testing.assert_allclose(np.unique(first), [0, 2 / (1 - value)], rtol=1e-5)
        assert (first != second).any()
    assert [variable.name for variable in layer.variables] == ["seed_generator_state"]


@pytest.mark.parametrize("amsgrad", [False, True])
def test_kernels_decay_apart_from_the_gradient_and_vectors_do_not(amsgrad: bool) -> None:
    random = np.random.default_rng(0)
    starts = [random.normal(size=shape) for shape in [(3, 3, 2, 4), (4,), (4, 5)]]
    rate = keras.Variable(0.0, trainable=False, dtype="float32")
    ends = []
    for decay in (rate, None):
        weights = [keras.Variable(start, dtype="float32") for start in starts]
        optimizer = Adam(0.01, amsgrad=amsgrad, decoupled_decay=decay)
        optimizer.build(weights)
        rate.assign(0.5)
        for step in range(3):
            gradients = [np.cos(start + step) for start in starts]
            before = [weight.numpy() for weight in weights]
            optimizer.apply([tf.constant(g, tf.float32) for g in gradients], weights)
            changes = [w.numpy() - b for w, b in zip(weights, before, strict=True)]
            if decay is not None:
                changes[0] += 0.01 * 0.5 * before[0]
                changes[2] += 0.01 * 0.5 * before[2]
        ends.append(changes)
    for decayed, plain in zip(*ends, strict=True):
        np.testing.assert_allclose(decayed, plain, rtol=1e-3, atol=1e-6)


def test_a_block_is_dropped_for_whole_images_and_else_scaled() -> None:
    keras.utils.set_random_seed(0)
    rate = keras.Variable(0.1, trainable=False)
    layer = StochasticDepth(rate, share=0.5)
    x = np.random.default_rng(0).normal(size=(4000, 2, 3, 2)).astype(np.float32)
    for value in (0.5, 0.8):
        rate.assign(value)
        np.testing.assert_array_equal(layer(x, training=False), x)
        y = np.asarray(layer(x, training=True))
        dropped = (y == 0).all(axis=(1, 2, 3))
        assert dropped.mean() == pytest.approx(0.5 * value, abs=0.02)
        np.testing.assert_allclose(y[~dropped], x[~dropped] / (1 - 0.5 * value), rtol=1e-5)
        assert ((np.asarray(layer(x, training=True)) == 0).all(axis=(1, 2, 3)) != dropped).any()
    assert [variable.name for variable in layer.variables] == ["seed_generator_state"]


def test_averages_follow_their_recurrence_and_are_ramped_up() -> None:
    random = np.random.default_rng(0)
    momentum = keras.Variable(0.5, trainable=False)
    weights = [keras.Variable(random.normal(size=shape)) for shape in [(3, 2), (2,)]]
    averages = WeightAverages(weights, momentum)
    expected = [weight.numpy() for weight in weights]
    momentum.assign(0.3)
    for step in range(6):
        for place, weight in enumerate(weights):
            weight.assign(random.normal(size=weight.shape))
            share = min(0.3, (1 + step) / (10 + step))
            expected[place] = share * expected[place] + (1 - share) * weight.numpy()
        averages.update()
    latest = [weight.numpy() for weight in weights]
    with averages.in_place():
        for weight, value in zip(weights, expected, strict=True):
            np.testing.assert_allclose(np.asarray(weight.value), value, rtol=1e-5)
    for weight, value in zip(weights, latest, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    assert len(averages.variables) == 3
