"""Trying the user's code before a study relies on it."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from model_space.budget import Budget
from model_space.custom.code import CustomCodeError
from model_space.custom.error_lines import in_a_line, source_file
from model_space.custom.registry import Registry, settings_kept
from model_space.data import Data
from model_space.pretrained.network import Network
from model_space.recipe import Recipe
from model_space.stages import Stages
from model_space.technique import Technique
from model_space.training.backends import compiled_batches
from model_space.training.plain_keras import check_plain
from model_space.training.setup import TrainingSetup

_IMAGES = 8
"""Training images that a technique of the user's own is tried on."""
_NETWORK_STAGES = frozenset({
    "pretrained", "frozen_base", "widths", "more_blocks", "normalise", "activate", "recalibrate",
    "survive", "join", "drop", "pool",
})  # fmt: skip
"""The stages that a network calls; the others are training's."""


@dataclass(frozen=True)
class Survey:
    """Findings about the user's code."""

    left_out: tuple[str, ...]
    """The techniques, of those studied, that change a stage which the network does not call."""
    cautions: tuple[str, ...]
    """Sentences about what the code can be used for, but perhaps not as its author expects."""


def survey(registry: Registry, techniques: Sequence[str], data: Data, budget: Budget) -> Survey:
    """Build the network and a batch of each custom technique, and check that they can be used.

    Raises `CustomCodeError` where the network or a batch cannot be made, or is not what it must be.
    """
    shape, classes = data.image_shape, len(data.classes)
    left_out = unsupported(registry, techniques, shape, classes, budget)
    for technique in registry.custom_techniques:
        if technique.name not in left_out:
            _check_batch(technique, registry, data, budget)
    if isinstance(registry.build, Network) and not registry.custom_techniques:
        return Survey(left_out, ())
    recipe = _usual(registry, techniques, left_out)
    return Survey(left_out, tuple(_cautions(registry, recipe, shape, classes, budget)))


def _cautions(
    registry: Registry, recipe: Recipe, image_shape: tuple[int, ...], classes: int, budget: Budget
) -> Iterator[str]:
    """Yield cautions about the network with all techniques on.

    Raises `CustomCodeError` where its weights have other shapes with another seed.
    """
    networks, seeds, undone = _built_twice(registry, recipe, image_shape, classes, budget)
    _check_built_anew(*networks)
    first, second = (
        [keras.ops.convert_to_numpy(weight) for weight in network.weights] for network in networks
    )
    if seeds:
        yield (
            "the network's function sets a seed for the whole process, which has no effect: every "
            "run has a seed of its own."
        )
    if registry.settings_undone:
        yield (
            f"your code sets {_each(registry.settings_undone)} for all of Keras, which kouka "
            "undoes: --precision decides the precision, and channels come last."
        )
    if undone:
        yield (
            f"the network's function sets {_each(undone)} for all of Keras, which kouka undoes "
            "when the network is built: only its own layers are so. Give them a dtype of their "
            "own, or use --precision."
        )
    if _two_softmaxes(networks[0]):
        yield (
            "the network ends in two softmaxes, the second of which keeps every probability near "
            "that of chance. Leave one out."
        )
    same = [
        weight.path
        for weight, one, other in zip(networks[0].weights, first, second, strict=True)
        if np.ptp(one) and np.array_equal(one, other)
    ]
    if same and not isinstance(registry.build, Network):
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        yield (
            f"every run begins with the same values of {same[0]}{more}: they come with the "
            "network, or from a seed in it. A change of seed does not change them."
        )
    try:
        check_plain(networks[0])
    except CustomCodeError as error:
        yield f"the study can run, but kouka train will not: {error}."


def _check_built_anew(one: Any, other: Any) -> None:
    """Raise `CustomCodeError` unless two networks have weights of their own, of the same shapes."""
    if {id(weight) for weight in one.trainable_weights} & {
        id(weight) for weight in other.trainable_weights
    }:
        raise CustomCodeError(
            "the network has the same weights at every call, so a run would go on with what "
            "another has learned; let build make its layers and its model anew each time"
        )
    shapes, others = ([tuple(weight.shape) for weight in each.weights] for each in (one, other))
    if shapes != others:
        raise CustomCodeError(
            "the network has weights of other shapes at every call, so its runs would not compare; "
            "let build draw its shape from a generator of its own, such as random.Random(0)"
        )


def _built_twice(
    registry: Registry, recipe: Recipe, image_shape: tuple[int, ...], classes: int, budget: Budget
) -> tuple[list[Any], list[object], list[str]]:
    """Build the network with two seeds.

    Returns both, the seeds that its function sets, and what that sets for all of Keras.
    """
    seeds: list[object] = []
    undone: list[str] = []

    @functools.wraps(registry.build)
    def build(*arguments: Any, **options: Any) -> Any:
        kept, random.seed = random.seed, lambda *given: seeds.append(given)
        try:
            with settings_kept() as changed:
                return registry.build(*arguments, **options)
        finally:
            random.seed = kept
            undone.extend(changed)

    watched, networks = replace(registry, build=build), []
    for number in (1, 2):
        random.seed(number)
        stages = registry.compose(recipe)
        networks.append(_build(watched, stages, image_shape, classes, budget))
    return networks, seeds, undone


def _each(settings: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(settings))


def _two_softmaxes(network: Any) -> bool:
    """Tell a network whose last two operations are both a softmax."""
    tensor = network.outputs[0]
    for _ in range(2):
        operation, node, _ = tensor._keras_history
        activation = getattr(operation, "activation", None)
        if not isinstance(operation, keras.layers.Softmax) and (
            activation is not keras.activations.softmax
        ):
            return False
        tensor = operation._inbound_nodes[node].input_tensors[0]
    return True


def _usual(registry: Registry, techniques: Sequence[str], left_out: Sequence[str]) -> Recipe:
    """Return the recipe of the techniques that are not left out, at the usual values."""
    return {
        one.name: {dial.name: dial.usual for dial in one.dials}
        for one in registry.techniques
        if one.name in techniques and one.name not in left_out
    }


def unsupported(
    registry: Registry,
    techniques: Sequence[str],
    image_shape: tuple[int, ...],
    classes: int,
    budget: Budget,
) -> tuple[str, ...]:
    """Return the techniques, of those named, that change a stage the network does not call.

    Builds the network with all of them off, and with all of the others on. Raises
    `CustomCodeError` where it cannot be built, or gives no probabilities.
    """
    named = [one for one in registry.techniques if one.name in techniques]
    called: set[str] = set()
    _build(registry, _recording(Stages(), called), image_shape, classes, budget)
    left_out = tuple(one.name for one in named if one.replaced_stages() & _NETWORK_STAGES - called)
    recipe = _usual(registry, techniques, left_out)
    model = _build(registry, registry.compose(recipe), image_shape, classes, budget)
    images = np.random.default_rng(0).random((2, *image_shape), dtype=np.float32)
    scores = np.asarray(keras.ops.convert_to_numpy(model(images, training=False)))
    if not (np.all(scores >= 0) and np.allclose(scores.sum(axis=1), 1, atol=1e-3)):
        some = np.array2string(scores[0], precision=3, separator=", ", threshold=6)
        raise CustomCodeError(
            f"the network gives {some} for an image, which are no "
            "probabilities; end it in Dense(classes, activation='softmax', dtype='float32')"
        )
    return left_out


def _build(
    registry: Registry, stages: Stages, image_shape: tuple[int, ...], classes: int, budget: Budget
) -> Any:
    try:
        network = registry.network(stages, image_shape, classes, budget)
    except CustomCodeError:
        raise
    except (Exception, SystemExit) as error:
        raise CustomCodeError(
            f"the network cannot be built for images of {'×'.join(map(str, image_shape))} and "
            f"{classes} classes: {in_a_line(error, source_file(registry.build))}"
        ) from error
    if not network.trainable_weights:
        raise CustomCodeError(
            "the network has no weights to train; leave trainable = True at some of its layers, "
            "such as the last"
        )
    return network


def _recording(stages: Stages, called: set[str]) -> Stages:
    """Return stages that add to `called` the names of those that are called, or read if values."""

    class Recording(Stages):
        def __getattribute__(self, name: str) -> Any:
            stage = super().__getattribute__(name)
            if name not in _NETWORK_STAGES:
                return stage
            if not callable(stage):
                called.add(name)
                return stage

            def call(*arguments: Any) -> Any:
                called.add(name)
                return stage(*arguments)

            return call

    return Recording(**vars(stages))


def _check_batch(technique: Technique, registry: Registry, data: Data, budget: Budget) -> None:
    """Raise `CustomCodeError` unless a technique alone makes a batch that can be trained on."""
    name, classes = technique.name, len(data.classes)
    images, labels = (part[:_IMAGES] for part in data.train)
    recipe = {name: {dial.name: dial.usual for dial in technique.dials}}
    doing = "set up a run"
    try:
        setup = TrainingSetup(recipe, data, budget, registry)
        doing = "make a batch to train on"
        batches = [
            {key: keras.ops.convert_to_numpy(value) for key, value in batch.items()}
            for batch in (
                *(setup.training_batch(images, labels) for _ in range(2)),
                *compiled_batches(setup, (images, labels)),
            )
        ]
        made, shares = (batches[0][key] for key in ("images", "labels"))
    except Exception as error:
        known = isinstance(error, CustomCodeError)
        reason = str(error) if known else in_a_line(error, source_file(technique.apply))
        raise CustomCodeError(f"the technique {name} cannot {doing}: {reason}") from error
    if made.shape != images.shape or shares.shape != (len(labels), classes):
        raise CustomCodeError(
            f"the technique {name} made images of shape {made.shape} and labels of shape "
            f"{shares.shape} from {images.shape} and {(len(labels), classes)}; it must keep both "
            "shapes"
        )
    usual, also = "float32", keras.DTypePolicy(budget.precision).compute_dtype
    if made.dtype.name not in (usual, also):
        raise CustomCodeError(
            f"the technique {name} made images of dtype {made.dtype.name} from {usual}; it must "
            f"keep the dtype, as by keras.ops.cast(images, '{usual}')"
        )
    if not (np.isfinite(made).all() and np.allclose(shares.sum(axis=1), 1, atol=1e-3)):
        raise CustomCodeError(
            f"the technique {name} made pixels that are NaN or infinite, or labels whose shares of "
            "the classes do not sum to 1; it must keep both"
        )
    for key in batches[0]:
        first, second, *compiled = (batch[key] for batch in batches)
        same = len(compiled) == 2 and np.array_equal(*compiled)
        if same and not np.array_equal(first, second):
            raise CustomCodeError(
                f"the technique {name} would draw its random numbers once, and use them in every "
                "batch of a run, because its layer is compiled; draw them by keras.random, with a "
                "keras.random.SeedGenerator as the seed, rather than by NumPy or Python"
            )
