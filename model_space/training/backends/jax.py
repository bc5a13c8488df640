"""Keras on JAX: functions from state to state, each a loop in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import keras
import numpy as np
from jax import lax
from jax import numpy as jnp

from model_space.data.source import Part
from model_space.training.batches import as_images
from model_space.training.setup import TrainingSetup

Shard = tuple[jax.Array, jax.Array]
Values = list[jax.Array]
"""A value for each variable of a run: weights, random states, optimizer slots, averages, dials."""


class JaxLoops:
    """`Loops` on JAX; what has another shape is compiled anew, which takes seconds.

    A training step is two programs, the making of its batch and the training on it, and each is
    compiled for the values that it reads alone. So recipes that augment and mix alike, or that
    train alike, have one of the two in common, and find it in JAX's cache of compiled programs.
    """

    def __init__(self, setup: TrainingSetup, batch_size: int, evaluation_batch: int) -> None:
        self._setup = setup
        self._batch_size, self._evaluation_batch = batch_size, evaluation_batch
        self._variables = [*setup.variables, *setup.dials.values()]
        self._weights = self._places(setup.network.trainable_variables)
        trained = (setup.network, setup.optimizer, *setup.averages)
        self._batch = _Program(self._make_batch, self._places_of(setup.inputs.layers), static=3)
        self._learn = _Program(self._train_on, self._places_of(trained))
        # On a CPU, XLA's loops take ten times as long as the steps in them do one by one.
        self._at_once = jax.default_backend() != "cpu"
        self._many = jax.jit(self._steps, donate_argnums=0)
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
        values, loss = self._values(), jnp.float32(0)
        if self._at_once and batches:
            values, loss = self._many(values, *shard, first, batches)
            first += batches * size
        while first < last:
            loss = loss + self._step(values, *shard, first, min(size, last - first))
            first += size
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)
        return float(loss)

    def correct(self, shard: Shard) -> np.ndarray:
        """See `Loops`."""
        values = self._values()
        found = [self._correct(values, *batch) for batch in self._batches(shard)]
        return np.concatenate([np.asarray(each) for each in found])[: len(shard[1])]

    def probabilities(self, shard: Shard) -> np.ndarray:
        """See `Loops`."""
        values = self._values()
        scores = [self._evaluate(values, images) for images, _ in self._batches(shard)]
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
        return [variable.value for variable in self._variables]

    def _places(self, variables: Iterable[Any]) -> list[int]:
        """Return the places of some variables among those of the run."""
        place = {id(variable): number for number, variable in enumerate(self._variables)}
        return [place[id(variable)] for variable in variables]

    def _places_of(self, parts: Iterable[Any]) -> list[int]:
        return self._places(variable for part in parts for variable in part.variables)

    def _scope(self, values: Values) -> Any:
        """Return a context in which the variables have these values, and keep what they get."""
        pairs = list(zip(self._variables, values, strict=True))
        return keras.StatelessScope(pairs, collect_losses=True)  # those that layers add

    def _held(self, scope: Any) -> Values:
        return [scope.get_current_value(variable) for variable in self._variables]

    def _step(
        self, values: Values, images: jax.Array, labels: jax.Array, first: Any, size: int
    ) -> jax.Array:
        """Train on `size` rows from `first` on, and replace the values; return the loss."""
        batch = self._batch(values, images, labels, first, size)
        loss: jax.Array = self._learn(values, batch)
        return loss

    def _steps(
        self,
        values: Values,
        images: jax.Array,
        labels: jax.Array,
        first: jax.Array,
        count: jax.Array,
    ) -> tuple[Values, jax.Array]:
        size = self._batch_size

        def one_more(
            number: jax.Array, sofar: tuple[Values, jax.Array]
        ) -> tuple[Values, jax.Array]:
            values, losses = list(sofar[0]), sofar[1]
            loss = self._step(values, images, labels, first + number * size, size)
            return values, losses + loss

        result: tuple[Values, jax.Array] = lax.fori_loop(
            0, count, one_more, (values, jnp.float32(0))
        )
        return result

    def _make_batch(
        self, values: Values, images: jax.Array, labels: jax.Array, first: jax.Array, size: int
    ) -> tuple[dict[str, jax.Array], Values]:
        rows = (lax.dynamic_slice_in_dim(each, first, size) for each in (images, labels))
        with self._scope(values) as scope:
            batch = self._setup.training_batch(*rows)
        return batch, self._held(scope)

    def _train_on(self, values: Values, batch: dict[str, jax.Array]) -> tuple[jax.Array, Values]:
        def loss_of(weights: Values) -> tuple[jax.Array, Values]:
            with self._scope(self._with_weights(values, weights)) as scope:
                loss = self._setup.training_loss(batch)
            return loss, self._held(scope)

        weights = [values[place] for place in self._weights]
        (loss, values), gradients = jax.value_and_grad(loss_of, has_aux=True)(weights)
        values = self._with_weights(values, weights)
        with self._scope(values) as scope:
            self._setup.optimizer.apply(gradients, self._setup.network.trainable_variables)
            for averages in self._setup.averages:
                averages.update()
        return loss, self._held(scope)

    def _with_weights(self, values: Values, weights: Values) -> Values:
        new = list(values)
        for place, weight in zip(self._weights, weights, strict=True):
            new[place] = weight
        return new

    def _named_right(self, values: Values, images: jax.Array, labels: jax.Array) -> jax.Array:
        return jnp.argmax(self._scores(values, images), axis=1) == labels

    def _scores(self, values: Values, images: jax.Array) -> jax.Array:
        with self._scope(values):
            return self._setup.evaluate(as_images(images))


class _Program:
    """A part of a training step, compiled by itself, that replaces the values in some places."""

    def __init__(
        self,
        function: Callable[..., tuple[Any, Values]],
        places: Iterable[int],
        static: int | None = None,
    ) -> None:
        """Compile a function from all values, and more, to a result and all values after it.

        `static` is the number, from 0, of one of the further arguments, which is compiled in.
        """
        self._places = sorted(set(places))
        self._replaces = frozenset(self._places)

        def compiled(changing: Values, others: Values, *arguments: Any) -> tuple[Any, Values]:
            values = list(others)
            for place, value in zip(self._places, changing, strict=True):
                values.insert(place, value)
            result, after = function(values, *arguments)
            return result, [after[place] for place in self._places]

        self._compiled = jax.jit(
            compiled,
            donate_argnums=0,
            static_argnums=() if static is None else 2 + static,
        )

    def __call__(self, values: Values, *arguments: Any) -> Any:
        """Return the result, and put the new values in the places of the old ones."""
        result, after = self._compiled(*self._apart(values), *arguments)
        for place, value in zip(self._places, after, strict=True):
            values[place] = value
        return result

    def _apart(self, values: Values) -> tuple[Values, Values]:
        changing = [values[place] for place in self._places]
        return changing, [v for place, v in enumerate(values) if place not in self._replaces]
