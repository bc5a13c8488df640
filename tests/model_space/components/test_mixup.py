"""The weights of mixup, and mixup beside Keras' own."""

import random

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from model_space.components.beta import _log_gamma, symmetric_beta
from model_space.components.layers import MixUp

pytestmark = pytest.mark.numeric
DRAWS = 20_000


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0, 4.0])
@pytest.mark.parametrize("without_loops", [True, False])
def test_draws_are_of_a_beta_distribution(alpha: float, without_loops: bool) -> None:
    """Those without loops are JAX's, whichever backend computes them here."""
    generator = keras.random.SeedGenerator(1)
    if without_loops:
        logs = np.asarray(_log_gamma((2, DRAWS), keras.ops.convert_to_tensor(alpha), generator))
        drawn = 1 / (1 + np.exp((logs[1] - logs[0]).astype(float)))
    else:
        drawn = np.asarray(symmetric_beta(DRAWS, alpha, generator), float)
    assert ((drawn >= 0) & (drawn <= 1)).all()
    for point in (1e-4, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-4):
        below = scipy.stats.beta.cdf(point, alpha, alpha)
        assert abs((drawn < point).mean() - below) < 1.63 / DRAWS**0.5, point


def test_mixup_is_that_of_keras_where_both_draw_alike() -> None:
    images = np.random.default_rng(0).random((32, 6, 5, 3), np.float32)
    batch = {"images": tf.constant(images), "labels": tf.one_hot(np.arange(32) % 4, 4)}
    mixed = []
    for kind in (MixUp, keras.layers.MixUp):
        random.seed(3)
        layer = kind(0.2)
        mixed.append([layer(batch, training=True) for _ in range(3)])
    for ours, theirs in zip(*mixed, strict=True):
        for name, value in theirs.items():
            np.testing.assert_array_equal(np.asarray(ours[name]), np.asarray(value))
