"""What the runs of a study are made of: the techniques and the network, the user's own included."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from model_space.budget import Budget
from model_space.custom.loading import (
    OwnError,
    in_a_line,
    keywords,
    load_network,
    load_technique,
    touched,
)
from model_space.networks import article
from model_space.recipe import Recipe
from model_space.technique import Technique
from model_space.techniques import TECHNIQUES, Choice, compose

_NETWORKS_STAGES = frozenset({
    "widths", "more_blocks", "normalise", "activate", "recalibrate", "survive", "join", "drop",
    "pool",
})  # fmt: skip
"""The stages that a network calls; the others are training's."""


@dataclass(frozen=True)
class Kit:
    """Techniques, and a network that their recipes go into."""

    own: tuple[Technique, ...] = ()
    """Those of the user's own, which are applied after kouka's."""
    build: Callable[..., Any] = article.build
    digests: tuple[str, ...] = field(default=(), compare=False)
    """Of the code of whatever is the user's own."""

    def compose(self, choice: Choice) -> Recipe:
        """The recipe of the techniques that are on."""
        return compose(choice, (*TECHNIQUES, *self.own))

    def turnable(self, technique: str) -> bool:
        """Whether the dials of that technique may be variables.

        In code of the user's own they are plain numbers: what it makes of a variable, such as a
        copy of its value, would hold for every later run that takes the same traced network.
        """
        return all(technique != one.name for one in self.own)

    def structure(self, choice: Choice) -> Hashable:
        """What the choices have in common that one traced network does for."""
        fixed = (
            (name, dial, value)
            for name, dials in choice.items()
            for dial, value in dials.items()
            if not self.turnable(name)
        )
        return frozenset(choice), frozenset(fixed)

    def network(
        self, recipe: Recipe, image_shape: tuple[int, ...], classes: int, budget: Budget
    ) -> Any:
        """The untrained Keras model. Raises `OwnError` where the function made something else."""
        taken = {name: getattr(budget, name) for name in keywords(self.build)}
        model = self.build(image_shape, classes, recipe, **taken)
        if not isinstance(model, keras.Model):
            raise OwnError(f"{self._name()} returned a {type(model).__name__}, not a Keras model")
        shapes = model.input_shape, model.output_shape
        wanted = (None, *image_shape), (None, classes)
        if shapes != wanted:
            raise OwnError(
                f"{self._name()} returned a model from {shapes[0]} to {shapes[1]}; the data need "
                f"one from {wanted[0]} to {wanted[1]}, a probability for each class"
            )
        if keras.backend.standardize_dtype(model.outputs[0].dtype) != "float32":
            raise OwnError(
                f"the output of {self._name()} is {model.outputs[0].dtype}; its last layer takes "
                "dtype='float32', as probabilities near 0 and 1 need it"
            )
        return model

    def _name(self) -> str:
        return f"{self.build.__module__}.{getattr(self.build, '__qualname__', 'build')}"


OURS = Kit()
"""kouka's techniques, and the article's network."""


def load_kit(own: Mapping[str, Mapping[str, Any]], network: Mapping[str, Any] | None) -> Kit:
    """The kit of a study, whose own code `model_space.custom.loading.describe` has described.

    Raises `OwnError` where this machine lacks some code, or has other code than the study.
    """
    techniques = []
    for name, known in own.items():
        technique, digest = load_technique(known["at"])
        if digest != known["digest"] or technique.name != name:
            raise OwnError(_changed(f"--technique {known['at']}"))
        techniques.append(technique)
    build, digests = article.build, [known["digest"] for known in own.values()]
    if network is not None:
        build, digest = load_network(network["at"])
        if digest != network["digest"]:
            raise OwnError(_changed(f"--network {network['at']}"))
        digests.append(digest)
    return Kit(tuple(techniques), build, tuple(digests))


def _changed(what: str) -> str:
    return (
        f"{what} is not what the study began with, so its runs would not compare; put that back, "
        "or use another name for a new study"
    )


def unsupported(
    kit: Kit, names: Sequence[str], image_shape: tuple[int, ...], classes: int, budget: Budget
) -> tuple[str, ...]:
    """Which of some techniques change a stage that the kit's network does not call.

    Builds the network with all of them off, and with all of the others on, which is looked at:
    raises `OwnError` where it cannot be built, or gives no probabilities.
    """
    techniques = [one for one in (*TECHNIQUES, *kit.own) if one.name in names]
    called: set[str] = set()
    _built(kit, _watched(Recipe(), called), image_shape, classes, budget)
    lacking = {
        one.name: touched(one) & _NETWORKS_STAGES - called
        for one in techniques
    }  # fmt: skip
    left_out = tuple(name for name, stages in lacking.items() if stages)
    on = {
        one.name: {dial.name: dial.usual for dial in one.dials}
        for one in techniques
        if one.name not in left_out
    }
    model = _built(kit, kit.compose(on), image_shape, classes, budget)
    images = np.random.default_rng(0).random((2, *image_shape), dtype=np.float32)
    scores = np.asarray(keras.ops.convert_to_numpy(model(images, training=False)))
    if not (np.all(scores >= 0) and np.allclose(scores.sum(axis=1), 1, atol=1e-3)):
        raise OwnError(
            f"the network gives {np.round(scores[0], 3).tolist()} for an image, which are no "
            "probabilities; end it in Dense(classes, activation='softmax', dtype='float32')"
        )
    return left_out


def _built(
    kit: Kit, recipe: Recipe, image_shape: tuple[int, ...], classes: int, budget: Budget
) -> Any:
    try:
        return kit.network(recipe, image_shape, classes, budget)
    except OwnError:
        raise
    except Exception as error:
        raise OwnError(
            f"the network cannot be built for images of {'×'.join(map(str, image_shape))} and "
            f"{classes} classes: {in_a_line(error)}"
        ) from error


def _watched(recipe: Recipe, called: set[str]) -> Recipe:
    """The recipe, which adds to `called` the stages that are called, or read where plain values."""

    class Watched(Recipe):
        def __getattribute__(self, name: str) -> Any:
            stage = super().__getattribute__(name)
            if name not in _NETWORKS_STAGES:
                return stage
            if not callable(stage):
                called.add(name)
                return stage

            def call(*arguments: Any) -> Any:
                called.add(name)
                return stage(*arguments)

            return call

    return Watched(**vars(recipe))
