"""Draws from a Beta distribution with two equal parameters."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from model_space.stages import Tensor

_PROPOSALS = 8
"""Proposals for a draw; each is refused with a probability of 0.05 at most, so all of them once in
25 billion draws, and the last one is then taken."""


def symmetric_beta(count: Any, alpha: Any, seed_generator: Any) -> Tensor:
    """Draw from Beta(alpha, alpha), (count,); alpha, above 0, may be a variable.

    JAX's own draws are made in loops that a GPU waits for the processor in, and they took as long
    as two thirds of a training step. Source: Marsaglia and Tsang 2000, A simple method for
    generating gamma variables; for the small parameters its section 6.
    """
    alpha = ops.convert_to_tensor(alpha)
    if keras.backend.backend() != "jax":
        return keras.random.beta((count,), alpha, alpha, seed=seed_generator)
    first, second = ops.unstack(_log_gamma((2, count), alpha, seed_generator), 2)
    return ops.sigmoid(first - second)


def _log_gamma(shape: tuple[Any, ...], alpha: Tensor, seed_generator: Any) -> Tensor:
    """Draw logarithms of Gamma(alpha), by those of Gamma(alpha + 1)."""
    d = alpha + 2 / 3
    normal = keras.random.normal((_PROPOSALS, *shape), seed=seed_generator)
    uniform = keras.random.uniform((_PROPOSALS, *shape), seed=seed_generator)
    cubes = (1 + normal / ops.sqrt(9 * d)) ** 3
    logs = ops.log(ops.maximum(cubes, 1e-30))
    taken = (cubes > 0) & (ops.log(uniform) < normal**2 / 2 + d * (1 - cubes + logs))
    drawn = logs[-1]
    for proposal in reversed(range(_PROPOSALS - 1)):
        drawn = ops.where(taken[proposal], logs[proposal], drawn)
    power = 1 - keras.random.uniform(shape, seed=seed_generator)  # above 0
    return ops.log(d) + drawn + ops.log(power) / alpha
