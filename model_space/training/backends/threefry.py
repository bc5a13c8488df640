"""JAX's random bits on a CPU, by a loop that is compiled in a quarter of the time."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import numpy as np
from jax import lax

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


@cache
def compile_sooner() -> None:
    """Have JAX draw the same bits on a CPU by another loop than its own.

    A pass of JAX's loop rotates by variables, and LLVM makes a copy of it for each case that these
    may be. Without any loop, XLA draws what an image has once anew for each of its pixels.
    """
    try:
        from jax.extend.random import threefry2x32_p
        from jax.interpreters.mlir import lower_fun, register_lowering
    except ImportError:  # JAX promises neither to later versions, and a run can do without
        return
    rule = lower_fun(_threefry, multiple_results=True)
    register_lowering(threefry2x32_p, rule, platform="cpu", inline=False)


def _threefry(
    key: jax.Array, other_key: jax.Array, x: jax.Array, y: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return two words of random bits for each key and counter; all uint32, of one shape.

    Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3 (Threefry-2x32-20).
    """
    keys = (key, other_key, key ^ other_key ^ np.uint32(0x1BD11BDA))
    start = _four_rounds(x + keys[0], y + keys[1], 0, keys[1], keys[2], np.uint32(1))

    def eight_rounds(number: jax.Array, state: tuple[Any, ...]) -> tuple[Any, ...]:
        x, y, first, second, third = state  # the keys that come next, by turns
        groups = np.uint32(2) * lax.convert_element_type(number, np.uint32) + np.uint32(2)
        x, y = _four_rounds(x, y, 1, first, second, groups)
        x, y = _four_rounds(x, y, 0, second, third, groups + np.uint32(1))
        return x, y, third, first, second

    x, y, *_ = lax.fori_loop(0, 2, eight_rounds, (*start, keys[2], keys[0], keys[1]))
    return x, y


def _four_rounds(
    x: jax.Array, y: jax.Array, rotations: int, key: jax.Array, other_key: jax.Array, groups: Any
) -> tuple[jax.Array, jax.Array]:
    """Mix the words, and add keys and how many groups of four rounds there were with this."""
    for bits in _ROTATIONS[rotations]:
        x = x + y
        y = x ^ ((y << np.uint32(bits)) | (y >> np.uint32(32 - bits)))
    return x + key, y + other_key + groups
