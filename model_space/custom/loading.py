"""Importing the user's techniques and network by where they are, and checking what they are."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from model_space.custom.code import CustomCodeError
from model_space.custom.error_lines import in_a_line, source_file
from model_space.pretrained.catalogue import NAMES
from model_space.stages import Stages
from model_space.technique import Technique, clash
from model_space.techniques import SETS, beside

SUPPORTED_KEYWORDS = ("width", "depth")
"""The fields of a budget that a network's function may take."""

_PREFIX = "_custom_"
"""The beginning of the names of the modules that are made of files."""
_GIVEN = ("image_shape", "classes", "stages")
"""The arguments that a network's function is given, in their order."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = ("none", *SETS)


def load_technique(at: str) -> tuple[Technique, str]:
    """Import a technique; return it and the digest of its file. Raises `CustomCodeError`."""
    loaded, digest = _load(at, "TECHNIQUE", "--technique")
    return _checked(loaded, f"--technique {at}"), digest


def load_network(at: str) -> tuple[Callable[..., Any], str]:
    """Import a function that builds a network; return it and the digest of its file.

    Raises `CustomCodeError`.
    """
    loaded, digest = _load(at, "build", "--network")
    if not callable(loaded):
        raise CustomCodeError(
            f"--network {at} is of type {type(loaded).__name__}; it takes a function "
            "build(image_shape, classes, stages) that returns a Keras model"
        )
    signature = inspect.signature(loaded)
    try:
        signature.bind(*_GIVEN, **dict.fromkeys(accepted_keywords(loaded)))
    except TypeError as error:
        raise CustomCodeError(
            f"--network {at} takes {signature}, and cannot be called with ({', '.join(_GIVEN)}) "
            f"({error}); let it take these, and width and depth if you like"
        ) from error
    return loaded, digest


def accepted_keywords(build: Callable[..., object]) -> tuple[str, ...]:
    """Return those of `SUPPORTED_KEYWORDS` that a function which builds a network takes."""
    parameters = inspect.signature(build).parameters
    return tuple(name for name in SUPPORTED_KEYWORDS if name in parameters)


def file_of(loaded: object) -> str:
    """Return the name of the user's file that defines a function; empty where a module does."""
    module = str(getattr(loaded, "__module__", ""))
    return Path(sys.modules[module].__file__ or "").name if module.startswith(_PREFIX) else ""


def _load(at: str, usual: str, option: str) -> tuple[Any, str]:
    """Import what is named; return it and the digest of its file."""
    where, colon, name = at.rpartition(":")
    if not colon or not name.isidentifier():
        where, name = at, usual
    if not (colon or where.endswith(".py")):
        named = f", nor one of {NAMES} of keras.applications" if usual == "build" else ""
        raise CustomCodeError(
            f"{option} {at} is neither a FILE.py nor a PACKAGE.MODULE:{usual}{named}"
        )
    specification = _specification(where, at, option)
    try:
        if where.endswith(".py"):
            module = importlib.util.module_from_spec(specification)
            sys.modules[specification.name] = module  # dataclasses and the like look there
            assert specification.loader is not None
            specification.loader.exec_module(module)
        else:
            module = importlib.import_module(where)
        code = Path(specification.origin or "").read_bytes()
    except (Exception, SystemExit) as error:
        if specification.origin in ("built-in", "frozen"):
            raise CustomCodeError(
                f"{option} {at}: {where} is a part of Python itself, and has none of your code; "
                "it takes a FILE.py"
            ) from error
        raise CustomCodeError(
            f"{option} {at} cannot be imported: {in_a_line(error, where)}{_beside(error, where)}"
        ) from error
    if not hasattr(module, name):
        there = _like(usual, module)
        such = f", such as :{there[0]}" if len(there) == 1 else ""
        such = f": {', '.join(there)} are there" if there[1:] else such
        raise CustomCodeError(
            f"{option} {at} defines no {name}; write one there, or add :NAME for another name{such}"
        )
    return getattr(module, name), hashlib.sha256(code).hexdigest()[:16]


def _like(usual: str, module: ModuleType) -> list[str]:
    """The names in a module of what a technique, or a network, may be."""
    if usual == "build":
        functions = inspect.getmembers(module, inspect.isfunction)
        return [name for name, value in functions if value.__module__ == module.__name__]
    return [name for name, value in vars(module).items() if isinstance(value, Technique)]


def _specification(where: str, at: str, option: str) -> ModuleSpec:
    """Find a file or a module; raises `CustomCodeError` where there is none that can be loaded."""
    if where.endswith(".py"):
        if not Path(where).is_file():
            raise CustomCodeError(
                f"{option} {at}: there is no file {where} on this machine; "
                f"{option} takes the place where it is"
            )
        specification = importlib.util.spec_from_file_location(
            f"{_PREFIX}{Path(where).stem}_{hashlib.sha256(where.encode()).hexdigest()[:8]}", where
        )
    else:
        if (here := os.getcwd()) not in sys.path:
            sys.path.append(here)  # the last, see `model_space.child.running`
        try:
            specification = importlib.util.find_spec(where)
        except (ImportError, ValueError, AttributeError):
            specification = None
    if specification is None or specification.loader is None:
        raise CustomCodeError(f"{option} {at}: there is no module {where} on this machine")
    return specification


def _beside(error: BaseException, file: str) -> str:
    """Return what to do where a file imports one that lies beside it; nothing otherwise."""
    if not isinstance(error, ModuleNotFoundError) or not file.endswith(".py"):
        return ""
    folder, name = Path(file).absolute().parent, str(error.name).partition(".")[0]
    if not ((folder / f"{name}.py").is_file() or (folder / name).is_dir()):
        return ""
    return (
        f"; {name} lies beside it, where Python does not look: put what it needs into the file "
        f"itself, or set PYTHONPATH={folder} for this command and all later ones"
    )


def _checked(loaded: object, where: str) -> Technique:
    if not isinstance(loaded, Technique):
        raise CustomCodeError(
            f"{where} is of type {type(loaded).__name__}; it takes a Technique of "
            "model_space.technique"
        )
    names = [loaded.name, *(dial.name for dial in loaded.dials)]
    for name in names:
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise CustomCodeError(
                f"{where}: {name!r} cannot name a technique or a dial; a name consists of small "
                "letters, digits and _, and begins with a letter"
            )
    texts, dials = (loaded.changes, loaded.source), loaded.dials
    numbers = [number for dial in dials for number in (dial.low, dial.usual, dial.high)]
    if not all(isinstance(text, str) for text in texts):
        raise CustomCodeError(f"{where}: changes and source are {texts}; each must be a string")
    if not all(isinstance(number, (int, float)) for number in numbers):
        raise CustomCodeError(
            f"{where}: the dials have the values {numbers}; low, usual and high must be numbers"
        )
    _check_name(loaded, where)
    _check_applied(loaded, where)
    return loaded


def _check_name(loaded: Technique, where: str) -> None:
    if loaded.name in _RESERVED:
        raise CustomCodeError(
            f"{where}: {loaded.name!r} stands for several techniques, or none; choose another name"
        )
    if reason := clash([*beside([loaded]), loaded]):
        raise CustomCodeError(f"{where}: {reason}; choose another name")


def _check_applied(loaded: Technique, where: str) -> None:
    """Raise `CustomCodeError` unless a technique, applied to stages, returns others."""
    try:
        stages = loaded.apply(Stages(), **{dial.name: dial.usual for dial in loaded.dials})
    except Exception as error:
        raise CustomCodeError(
            f"{where} cannot be applied to the stages of a run: "
            f"{in_a_line(error, source_file(loaded.apply))}"
        ) from error
    if not isinstance(stages, Stages):
        raise CustomCodeError(
            f"{where}: apply returned a {type(stages).__name__}; it must return the stages that "
            "it is given, one or more of them replaced by dataclasses.replace"
        )
    if not loaded.replaced_stages():
        raise CustomCodeError(
            f"{where}: apply returned the stages unchanged; it must replace one or more"
        )
