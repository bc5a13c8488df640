"""The registry of a study: its techniques and its network, the user's own included."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from model_space.budget import USUAL_RATE, Budget
from model_space.custom.code import CustomCode, CustomCodeError
from model_space.custom.loading import (
    accepted_keywords,
    file_of,
    load_network,
    load_technique,
)
from model_space.networks import article
from model_space.pretrained import weights
from model_space.pretrained.network import ImagesError, Network
from model_space.pretrained.weights import WeightsError
from model_space.recipe import Recipe
from model_space.stages import Stages
from model_space.technique import Technique
from model_space.techniques import beside, compose


@dataclass(frozen=True)
class Registry:
    """kouka's techniques and the user's own, and the network that calls their stages."""

    custom_techniques: tuple[Technique, ...] = ()
    """Applied after kouka's."""
    build: Callable[..., Any] = article.build
    digests: tuple[str, ...] = field(default=(), compare=False)
    """Of the files of all that is the user's own, and of weights."""
    settings_undone: tuple[str, ...] = field(default=(), compare=False)
    """Keras' settings for the whole process that these files made when they were imported."""

    @property
    def techniques(self) -> tuple[Technique, ...]:
        """All techniques, in the order in which they are applied."""
        return (*beside(self.custom_techniques), *self.custom_techniques)

    def compose(self, recipe: Recipe) -> Stages:
        """Return the stages of a recipe."""
        return compose(recipe, self.techniques)

    def takes_variables(self, technique: str) -> bool:
        """Return True where the dials of that technique may be variables in place of numbers.

        The user's own techniques get plain numbers: what they make of a variable, such as a copy
        of its value, would hold for every later run on the same compiled network.
        """
        return all(technique != one.name for one in self.custom_techniques)

    def structure(self, recipe: Recipe, budget: Budget) -> Hashable:
        """Return a key that is equal for the runs that one compiled network serves.

        A longer run is one of these, and one with another learning rate, unless a technique makes
        the rate follow the steps: what is one number is a variable of the optimizer.
        """
        fixed = (
            (name, dial, value)
            for name, dials in recipe.items()
            for dial, value in dials.items()
            if not self.takes_variables(name)
        )
        if isinstance(self.compose(recipe).schedule(1), int | float):
            budget = replace(budget, epochs=1, learning_rate=USUAL_RATE)
        return frozenset(recipe), frozenset(fixed), budget

    def network(
        self, stages: Stages, image_shape: tuple[int, ...], classes: int, budget: Budget
    ) -> Any:
        """Build the untrained Keras model, from images to (batch, classes) probabilities.

        A seed that the user's function sets for the whole process has no effect, or every run
        would begin with the same weights; settings of Keras that it makes are undone. Raises
        `CustomCodeError` where it returns anything else.
        """
        sizes = {name: getattr(budget, name) for name in accepted_keywords(self.build)}
        with _seeds_ignored(), settings_kept():
            try:
                model = self.build(image_shape, classes, stages, **sizes)
            except (ImagesError, WeightsError) as error:
                raise CustomCodeError(str(error)) from error
            if not isinstance(model, keras.Model):
                raise CustomCodeError(f"{self._name()} returned {_named(model)}, not a Keras model")
            model = _with_inputs(model, image_shape)
        shapes = model.input_shape, model.output_shape
        wanted = (None, *image_shape), (None, classes)
        if shapes != wanted:
            raise CustomCodeError(
                f"{self._name()} returned a model from {shapes[0]} to {shapes[1]}; the data need "
                f"one from {wanted[0]} to {wanted[1]}, a probability for each class"
            )
        if keras.backend.standardize_dtype(model.outputs[0].dtype) != "float32":
            raise CustomCodeError(
                f"the output of {self._name()} is {model.outputs[0].dtype}; give its last layer "
                "dtype='float32', which probabilities near 0 and 1 need"
            )
        return model

    def _name(self) -> str:
        name = getattr(self.build, "__qualname__", "build")
        if file := file_of(self.build):
            return f"{file}:{name}"
        return f"{self.build.__module__}.{name}"


def _named(given: object) -> str:
    return "None" if given is None else f"what is of type {type(given).__name__}"


def _with_inputs(model: Any, image_shape: tuple[int, ...]) -> Any:
    """Give inputs to a model that has none, such as a `Sequential` or one of a subclass."""
    if isinstance(model, keras.Sequential) and not model.built:
        model.build((None, *image_shape))
    if getattr(model, "inputs", None):
        return model
    inputs = keras.Input(image_shape)
    return keras.Model(inputs, model(inputs))


@contextmanager
def _seeds_ignored() -> Iterator[None]:
    """Let nobody seed the generators of Python, from which Keras draws seeds, and NumPy."""
    kept: Any = random.seed, np.random.seed

    def ignore(*arguments: object, **options: object) -> None:
        pass

    random.seed = np.random.seed = ignore
    try:
        yield
    finally:
        random.seed, np.random.seed = kept


@contextmanager
def settings_kept() -> Iterator[list[str]]:
    """Undo, after this block, what it sets in Keras for the whole process, and list that then."""
    before = [get() for _, get, _ in _SETTINGS]
    changed: list[str] = []
    try:
        yield changed
    finally:
        for (name, get, put), value in zip(_SETTINGS, before, strict=True):
            if (now := getattr(get(), "name", get())) != getattr(value, "name", value):
                changed.append(f"{name} {now}")
                put(value)


_SETTINGS: tuple[tuple[str, Callable[[], Any], Callable[[Any], None]], ...] = (
    ("the float type", keras.config.floatx, keras.config.set_floatx),
    ("the dtype policy", keras.config.dtype_policy, keras.config.set_dtype_policy),
    (
        "the image data format",
        keras.config.image_data_format,
        keras.config.set_image_data_format,
    ),
)


BUILT_IN = Registry()
"""kouka's techniques alone, and the article's network."""


def load_registry(code: CustomCode) -> Registry:
    """Import the user's code that a study describes, and find its weights.

    Raises `CustomCodeError` where this machine lacks some of it, or has others than the study.
    """
    techniques = []
    undone: list[str] = []
    for known in code.techniques:
        with settings_kept() as changed:
            technique, digest = load_technique(known.at)
        undone += changed
        if (technique.name, digest) != (known.name, known.digest):
            raise CustomCodeError(_changed(f"--technique {known.at}"))
        techniques.append(technique)
    build: Callable[..., Any] = article.build
    digests = [known.digest for known in code.techniques]
    if code.network is not None and (application := code.network.application) is not None:
        try:
            file = None if code.weights is None else weights.find(application, code.weights)
        except WeightsError as error:
            raise CustomCodeError(str(error)) from error
        build = Network(application, file)
        digests += [application.name, *([code.weights.digest] if code.weights else [])]
    elif code.network is not None:
        with settings_kept() as changed:
            build, digest = load_network(code.network.at)
        undone += changed
        if digest != code.network.digest:
            raise CustomCodeError(_changed(f"--network {code.network.at}"))
        digests.append(digest)
    return Registry(tuple(techniques), build, tuple(digests), tuple(undone))


def _changed(option: str) -> str:
    return (
        f"{option} has changed since the study began, so its runs would not compare; restore the "
        "file, or use another name for a new study"
    )
