"""Describing the user's code: a child process imports it, so that this one stays without it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from model_space.child import ChildError, ask, backend_here, respond
from model_space.custom.code import CustomCode, CustomCodeError, CustomNetwork, CustomTechnique
from model_space.custom.loading import accepted_keywords, load_network, load_technique
from model_space.pretrained import catalogue, weights
from model_space.pretrained.weights import WeightsError


@dataclass(frozen=True)
class _Request:
    techniques: tuple[str, ...]
    network: str | None


@dataclass(frozen=True)
class _Answer:
    code: CustomCode = field(default_factory=CustomCode)
    unusable: str | None = None
    """The reason why the code cannot be used; None where it can."""


def describe(techniques: Sequence[str], network: str | None) -> CustomCode:
    """Describe techniques and a network, each given as FILE.py, FILE.py:NAME or MODULE:NAME.

    The network may be the name of one of `keras.applications`. Raises `CustomCodeError`.
    """
    application = None if network is None else catalogue.find(network)
    if application is not None:
        known = CustomNetwork(application.name, digest="", keywords=())
        code = describe(techniques, None) if techniques else CustomCode()
        return replace(code, network=known)
    environment = {
        "TF_CPP_MIN_LOG_LEVEL": "2", **os.environ, "KERAS_BACKEND": backend_here(),
    }  # fmt: skip
    try:
        answer = ask(__name__, _Request(tuple(techniques), network), _Answer, environment)
    except ChildError as error:
        names = " ".join([*techniques, *filter(None, [network])])
        raise CustomCodeError(f"the process that imports {names} {error}") from error
    if answer.unusable is not None:
        raise CustomCodeError(answer.unusable)
    return answer.code


def with_weights(
    code: CustomCode, file: str | None, *, wanted: bool, tell: Callable[[str], None]
) -> CustomCode:
    """Add the weights that its network begins with: those in a file, or else of ImageNet.

    The latter only where they are `wanted`; `tell` is given a sentence where they have to be
    downloaded, and another where that fails, when the study goes without. Raises `CustomCodeError`
    where the file cannot be used.
    """
    application = None if code.network is None else code.network.application
    try:
        if file is not None:
            return replace(code, weights=weights.of_file(file))
        if application is None or not wanted:
            return code
        return replace(code, weights=weights.of_imagenet(application, tell))
    except WeightsError as error:
        if file is not None:
            raise CustomCodeError(str(error)) from error
        tell(f"Caution: {error}.")
        return code


def lacks_imagenet(code: CustomCode) -> bool:
    """Tell a network whose weights of ImageNet would have to be downloaded first."""
    application = None if code.network is None else code.network.application
    return application is not None and not weights.kept_by_keras(application).is_file()


def import_and_describe(techniques: Sequence[str], network: str | None) -> CustomCode:
    """Describe them as `describe` does, by importing them into this process."""
    described: dict[str, CustomTechnique] = {}
    for at in map(_absolute, techniques):
        with _nothing_computed(f"--technique {at}", "the function that it puts into a stage"):
            technique, digest = load_technique(at)
        name = technique.name
        if name in described:
            raise CustomCodeError(
                f"--technique {at}: {name!r} is the name of that in {described[name].at} already; "
                "choose another"
            )
        described[name] = CustomTechnique(
            name=name, changes=technique.changes, source=technique.source, dials=technique.dials,
            at=at, digest=digest,
        )  # fmt: skip
    if network is None:
        return CustomCode(tuple(described.values()))
    at = _absolute(network)
    with _nothing_computed(f"--network {at}", "the function that builds the network"):
        build, digest = load_network(at)
    described_network = CustomNetwork(at, digest, accepted_keywords(build))
    return CustomCode(tuple(described.values()), described_network)


@contextmanager
def _nothing_computed(option: str, place: str) -> Iterator[None]:
    """Raise `CustomCodeError` where code computes before a run, as no fork of its process could."""
    before = _has_computed()
    yield
    if _has_computed() and not before:
        raise CustomCodeError(
            f"{option} makes a layer, an optimizer, a SeedGenerator or a tensor before any run, "
            f"which its runs cannot share; make it inside {place}"
        )


def _has_computed() -> bool:
    """Tell that this process's TensorFlow or JAX has begun to compute."""
    eager = sys.modules.get("tensorflow.python.eager.context")
    context = None if eager is None else eager.context_safe()
    devices = getattr(sys.modules.get("jax._src.xla_bridge"), "_backends", None)
    return bool(getattr(context, "_initialized", False) or devices)


def _absolute(at: str) -> str:
    """Make a file's path absolute, so that it is found from every folder."""
    where, colon, name = at.rpartition(":")
    if not colon or not name.isidentifier():
        return str(Path(at).absolute()) if at.endswith(".py") else at
    return f"{Path(where).absolute()}:{name}" if where.endswith(".py") else at


def _answer(request: _Request) -> _Answer:
    try:
        return _Answer(import_and_describe(request.techniques, request.network))
    except CustomCodeError as error:
        return _Answer(unusable=str(error))


if __name__ == "__main__":
    respond(_Request, _answer)
