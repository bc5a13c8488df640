"""Techniques and a network of the user's own: Python code, found, and described as plain values.

A study keeps where the code is and a digest of it, never the code: another machine needs its own
copy. The code runs in child processes alone, of which this module is one: it answers with what
there is to know, or why there is nothing.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from model_space.child import ChildError, ask, respond
from model_space.recipe import Recipe
from model_space.technique import Factor, Technique
from model_space.techniques import SETS, TECHNIQUES

SUPPORTED_KEYWORDS = ("width", "depth")
"""What of a study's budget a network may take."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = ("none", *SETS)


class OwnError(ValueError):
    """What the user brings cannot be used; the message says why, and what to do."""


def describe(techniques: Sequence[str], network: str | None) -> dict[str, Any]:
    """What a study keeps of some techniques and of a network, told by a process that runs them.

    Each is `FILE.py`, `FILE.py:NAME` or `PACKAGE.MODULE:NAME`. Returns `own`, for each technique's
    name the fields of `Factor`, and `network`, or None, with the `keywords` it takes; both with
    where it is, `at`, and its `digest`. Raises `OwnError`.
    """
    try:
        answer = ask(
            "model_space.custom.loading",
            {"techniques": list(techniques), "network": network},
            {"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow", **os.environ},
        )
    except ChildError as error:
        names = " ".join([*techniques, *filter(None, [network])])
        raise OwnError(f"the process that imports {names} {error}") from error
    if "unusable" in answer:
        raise OwnError(answer["unusable"])
    return answer


def load_technique(at: str) -> tuple[Technique, str]:
    """The technique there, and the digest of its code. Raises `OwnError`."""
    found, digest = _load(at, "TECHNIQUE", "--technique")
    return _checked(found, f"--technique {at}"), digest


def load_network(at: str) -> tuple[Any, str]:
    """The function there that builds a network, and the digest of its code. Raises `OwnError`."""
    found, digest = _load(at, "build", "--network")
    if not callable(found):
        raise OwnError(
            f"--network {at} is of type {type(found).__name__}; it takes a function "
            "build(image_shape, classes, recipe) that returns a Keras model"
        )
    return found, digest


def keywords(build: Any) -> tuple[str, ...]:
    """Which of `SUPPORTED_KEYWORDS` a function that builds a network takes."""
    parameters = inspect.signature(build).parameters
    return tuple(name for name in SUPPORTED_KEYWORDS if name in parameters)


def touched(technique: Technique) -> frozenset[str]:
    """The stages that a technique replaces."""
    base = Recipe()
    recipe = technique.apply(base, **{dial.name: dial.usual for dial in technique.dials})
    names = (field.name for field in fields(Recipe))
    return frozenset(name for name in names if getattr(recipe, name) != getattr(base, name))


def clash(factors: Sequence[Factor]) -> str | None:
    """Why these cannot be studied together, in a few words; None where they can.

    A study has one parameter for each, and one for each of its dials.
    """
    taken: dict[str, str] = {}
    for factor in factors:
        for name in (factor.name, *(f"{factor.name}_{dial.name}" for dial in factor.dials)):
            if name in taken:
                return f"{name!r} is the name of {taken[name]} already"
            taken[name] = "a technique" if name == factor.name else f"a dial of {factor.name}"
    return None


def in_a_line(error: BaseException) -> str:
    """An exception's type, and the first line of what it says."""
    message = (str(error).strip().splitlines() or ["no message"])[0]
    return f"{type(error).__name__}: {message}"


def _load(at: str, usual: str, option: str) -> tuple[Any, str]:
    where, colon, name = at.rpartition(":")
    if not colon or not name.isidentifier():
        where, name = at, usual
    if where.endswith(".py"):
        if not Path(where).is_file():
            raise OwnError(f"{option} {at}: there is no file {where} on this machine")
        specification = importlib.util.spec_from_file_location(
            f"_own_{Path(where).stem}_{hashlib.sha256(where.encode()).hexdigest()[:8]}", where
        )
    elif not colon:
        raise OwnError(f"{option} {at} is neither a FILE.py nor a PACKAGE.MODULE:{usual}")
    else:
        try:
            specification = importlib.util.find_spec(where)
        except (ImportError, ValueError, AttributeError):
            specification = None
    if specification is None or specification.loader is None:
        raise OwnError(f"{option} {at}: there is no module {where} on this machine")
    try:
        if where.endswith(".py"):
            module = importlib.util.module_from_spec(specification)
            sys.modules[specification.name] = module  # dataclasses and the like look there
            specification.loader.exec_module(module)
        else:
            module = importlib.import_module(where)
        code = Path(specification.origin or "").read_bytes()
    except (Exception, SystemExit) as error:
        raise OwnError(f"{option} {at} cannot be imported: {_reason(error, where)}") from error
    if not hasattr(module, name):
        raise OwnError(
            f"{option} {at} defines no {name}; write one there, or add :NAME for another name"
        )
    return getattr(module, name), hashlib.sha256(code).hexdigest()[:16]


def _reason(error: BaseException, file: str) -> str:
    """What went wrong, and in which line of that file, if in any."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    where = f" ({Path(file).name}, line {lines[-1]})" if lines else ""
    return f"{in_a_line(error)}{where}"


def _file(function: Any) -> str:
    return str(getattr(getattr(function, "__code__", None), "co_filename", ""))


def _checked(found: Any, where: str) -> Technique:
    if not isinstance(found, Technique):
        raise OwnError(
            f"{where} is of type {type(found).__name__}; it takes a Technique of "
            "model_space.technique"
        )
    names = [found.name, *(dial.name for dial in found.dials)]
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise OwnError(
            f"{where}: the name of a technique and of a dial is of small letters, digits and _, "
            f"unlike one of {', '.join(map(repr, names))}"
        )
    if found.name in _RESERVED:
        raise OwnError(
            f"{where}: {found.name!r} stands for several techniques, or none; choose another name"
        )
    if reason := clash([*TECHNIQUES, found]):
        raise OwnError(f"{where}: {reason}; choose another")
    try:
        recipe = found.apply(Recipe(), **{dial.name: dial.usual for dial in found.dials})
    except Exception as error:
        raise OwnError(
            f"{where} cannot be applied to a recipe: {_reason(error, _file(found.apply))}"
        ) from error
    if not isinstance(recipe, Recipe):
        raise OwnError(
            f"{where}: apply returned a {type(recipe).__name__}; it returns the recipe that it is "
            "given, with stages replaced"
        )
    if not touched(found):
        raise OwnError(f"{where}: apply returned the recipe as it was; it replaces a stage or more")
    return found


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    own: dict[str, Any] = {}
    try:
        for at in map(_absolute, request["techniques"]):
            technique, digest = load_technique(at)
            if technique.name in own:
                raise OwnError(
                    f"--technique {at}: {technique.name!r} is the name of that in "
                    f"{own[technique.name]['at']} already; choose another"
                )
            factor = {field.name: getattr(technique, field.name) for field in fields(Factor)}
            factor["dials"] = [asdict(dial) for dial in technique.dials]
            own[technique.name] = {**factor, "at": at, "digest": digest}
        network = None
        if request["network"] is not None:
            at = _absolute(request["network"])
            build, digest = load_network(at)
            network = {"at": at, "digest": digest, "keywords": keywords(build)}
    except OwnError as error:
        return {"unusable": str(error)}
    return {"own": own, "network": network}


def _absolute(at: str) -> str:
    """A file's path becomes absolute, so that it is found from every folder."""
    where, colon, name = at.rpartition(":")
    if not colon or not name.isidentifier():
        return str(Path(at).absolute()) if at.endswith(".py") else at
    return f"{Path(where).absolute()}:{name}" if where.endswith(".py") else at


if __name__ == "__main__":
    respond(_answer)
