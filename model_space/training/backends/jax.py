"""Keras on JAX: functions from state to state, each a loop in one call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import keras
import numpy as np
from jax import lax
from jax import numpy as jnp

from model_space.data.source import Part
from model_space.training.batches import as_batch
from model_space.training.setup import TrainingSetup

Shard = tuple[jax.Array, jax.Array]
Values = tuple[list[jax.Array], list[jax.Array], list[jax.Array]]
"""Values of the weights, of the optimizer's variables, and of all others, dials included."""


class JaxLoops:
    """`Loops` on JAX; what has another shape is compiled anew, which takes seconds."""

    def __init__(self, setup: TrainingSetup, batch_size: int, evaluation_batch: int) -> None:
        self._setup = setup
        self._batch_size, self._evaluation_batch = batch_size, evaluation_batch
        weights, slots = setup.network.trainable_variables, setup.optimizer.variables
        apart = {id(variable) for variable in (*weights, *slots)}
        others = [v for v in (*setup.variables, *setup.dials.values()) if id(v) not in apart]
        self._variables = weights, slots, others
        # On a CPU, XLA's loops take ten times as long as the steps in them do one by one.
        self._at_once = jax.default_backend() != "cpu"
        self._many = jax.jit(self._steps, donate_argnums=0)
        self._one = jax.jit(self._step, static_argnums=4, donate_argnums=0)
        self._correct = jax.jit(self._named_right)
        self._evaluate = jax.jit(self._scores)

    def put(self, part: Part) -> Shard:
        """See `Loops`."""
        images, labels = part
        return jax.device_put(images), jax.device_put(labels.astype("int32"))

    def train(self, shard: Shard, first: int, last: int) -> float:
        """See `Loops`."""
        size = self._batch_size
        batches = (last - first) // size
        state, loss = self._values(), jnp.float32(0)
        if self._at_once and batches:
            state, loss = self._many(state, *shard, first, batches)
            first += batches * size
        while first < last:
            state, added = self._one(state, *shard, first, min(size, last - first))
            loss, first = loss + added, first + size
        for variables, values in zip(self._variables, state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        return float(loss)

    def correct(self, shard: Shard) -> np.ndarray:
        """See `Loops`."""
        state = self._values()
        found = [self._correct(state, *batch) for batch in self._batches(shard)]
        return np.concatenate([np.asarray(each) for each in found])[: len(shard[1])]

    def probabilities(self, shard: Shard) -> np.ndarray:
        """See `Loops`."""
        state = self._values()
        scores = [self._evaluate(state, *batch) for batch in self._batches(shard)]
        return np.concatenate([np.asarray(each) for each in scores])[: len(shard[1])]

    def _batches(self, shard: Shard) -> Iterator[Shard]:
        images, labels = shard
        size = self._evaluation_batch
        missing = -len(labels) % size  # filled up with images of no class, for one shape only
        images = jnp.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0)))
        labels = jnp.pad(labels, (0, missing), constant_values=-1)
        for first in range(0, len(labels), size):
            yield images[first : first + size], labels[first : first + size]

    def _values(self) -> Values:
        weights, slots, others = ([v.value for v in each] for each in self._variables)
        return weights, slots, others

    def _scope(self, weights: list[jax.Array], others: list[jax.Array]) -> Any:
        variables = (*self._variables[0], *self._variables[2])
        values = list(zip(variables, (*weights, *others), strict=True))
        return keras.StatelessScope(values, collect_losses=True)  # those that layers add

    def _loss(
        self,
        weights: list[jax.Array],
        others: list[jax.Array],
        images: jax.Array,
        labels: jax.Array,
    ) -> tuple[jax.Array, list[jax.Array]]:
        with self._scope(weights, others) as scope:
            batch = self._setup.training_batch(images, labels)
            loss = self._setup.training_loss(batch)
        return loss, [scope.get_current_value(variable) for variable in self._variables[2]]

    def _step(
        self, state: Values, images: jax.Array, labels: jax.Array, first: jax.Array, size: int
    ) -> tuple[Values, jax.Array]:
        weights, slots, others = state
        batch = (lax.dynamic_slice_in_dim(each, first, size) for each in (images, labels))
        gradient = jax.value_and_grad(self._loss, has_aux=True)
        (loss, others), gradients = gradient(weights, others, *batch)
        weights, slots = self._setup.optimizer.stateless_apply(slots, gradients, weights)
        with self._scope(weights, others) as scope:
            for averages in self._setup.averages:
                averages.update()
        others = [scope.get_current_value(variable) for variable in self._variables[2]]
        return (weights, slots, others), loss

    def _steps(
        self,
        state: Values,
        images: jax.Array,
        labels: jax.Array,
        first: jax.Array,
        count: jax.Array,
    ) -> tuple[Values, jax.Array]:
        size = self._batch_size

        def one_more(
            number: jax.Array, sofar: tuple[Values, jax.Array]
        ) -> tuple[Values, jax.Array]:
            state, losses = sofar
            state, loss = self._step(state, images, labels, first + number * size, size)
            return state, losses + loss

        result: tuple[Values, jax.Array] = lax.fori_loop(
            0, count, one_more, (state, jnp.float32(0))
        )
        return result

    def _named_right(self, state: Values, images: jax.Array, labels: jax.Array) -> jax.Array:
        return jnp.argmax(self._scores(state, images, labels), axis=1) == labels

    def _scores(self, state: Values, images: jax.Array, labels: jax.Array) -> jax.Array:
        with self._scope(state[0], state[2]):
            x = as_batch(images, labels, 1)["images"]
            return self._setup.evaluate(x)
