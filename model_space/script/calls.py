"""Objects of Keras as the calls that make them."""

from __future__ import annotations

import copy
import inspect
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from model_space.custom.loading import OwnError


@dataclass(frozen=True)
class Argument:
    """A value given to a call, by position where it has to be given, else by name."""

    name: str
    code: str
    by_name: bool = True

    def __str__(self) -> str:
        return f"{self.name}={self.code}" if self.by_name else self.code


@dataclass(frozen=True)
class Call:
    """A call that makes an object."""

    function: str
    arguments: tuple[Argument, ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"

    def but(self, *arguments: Argument) -> Call:
        """The same with these in the place of its own of those names, or before them."""
        names = {argument.name for argument in arguments}
        left = (argument for argument in self.arguments if argument.name not in names)
        return Call(self.function, (*arguments, *left))


def call(thing: Any, *, numbers: bool = False) -> Call:
    """The call that makes such an object, which has a config, with what is not a default.

    With `numbers`, real numbers are told even where they are defaults. Raises `OwnError` where the
    call would make another.
    """
    kind, told = type(thing), _serialized(thing)
    config = _config(told)
    given = {name: config[name] for name in required(kind) if name in config}
    if numbers:
        given |= {name: value for name, value in config.items() if type(value) is float}
    # Again, for what is given may change what else is a default.
    while (made := _made(kind, given)) is not None:
        lacking = {n: v for n, v in config.items() if n not in given and made.get(n) != v}
        if not lacking:
            break
        given |= lacking
    for name, value in list(given.items()):
        if (
            isinstance(value, (list, tuple))
            and len(value) > 1
            and value.count(value[0]) == len(value)
        ):
            once = {**given, name: value[0]}
            if _made(kind, once) == config:
                given = once
    if _made(kind, given) != config:
        raise _unwritable(kind)
    by_position = required(kind)
    arguments = tuple(Argument(n, literal(v), n not in by_position) for n, v in given.items())
    return Call(public_name(told), arguments)


def required(function: Any) -> list[str]:
    """The parameters of a function, or of a class, that have no default, without `self`."""
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]


def public_name(told: Mapping[str, Any]) -> str:
    """The name that a script has for a class, by how Keras saves an object of it."""
    module, name = str(told["module"]), str(told["class_name"])
    if module == "keras.layers":
        return f"layers.{name}"
    return f"{module}.{name}" if module.split(".")[0] == "keras" else name


def literal(value: Any) -> str:
    """The code of a value as Keras' configs hold them. Raises `OwnError` for any other."""
    if value is None or isinstance(value, (bool, int)):
        return repr(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, Mapping) and "class_name" in value:
        return _literal_object(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    raise OwnError(f"the value {value!r} cannot be written into a script")


def remade(kind: Any, config: Mapping[str, Any]) -> Any:
    """An object of that class and config. Raises `OwnError` where the config does not make one."""
    try:
        return kind.from_config(copy.deepcopy(dict(config)))
    except Exception as error:  # whatever a constructor raises at what it does not take
        raise _unwritable(kind) from error


def _literal_object(told: Mapping[str, Any]) -> str:
    module, name = str(told.get("module")), told["class_name"]
    if name == "__slice__":
        ends = (literal(told["config"][end]) for end in ("start", "stop", "step"))
        return f"slice({', '.join(ends)})"
    if name == "__ellipsis__":
        return "..."
    if name.startswith("__"):
        raise OwnError("a tensor that is part of the network cannot be written into a script")
    if name == "DTypePolicy":
        return literal(told["config"]["name"])
    if module.split(".")[0] != "keras":
        raise OwnError(
            f"{name} of {module} is inside a layer of Keras', and cannot be written into a script; "
            "take what Keras has, or make a layer of your own around it"
        )
    if name == "function":
        return f"{module}.{told['config']}"
    return str(call(keras.saving.deserialize_keras_object(copy.deepcopy(dict(told))), numbers=True))


def _serialized(thing: Any) -> dict[str, Any]:
    try:
        told: dict[str, Any] = keras.saving.serialize_keras_object(thing)
    except Exception as error:  # whatever a get_config of the user's own raises
        raise _unwritable(type(thing)) from error
    return told


def _config(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told["config"].items() if name != "name"}


def _made(kind: Any, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The config of what these arguments make; None where they make nothing."""
    try:
        return _config(
            _serialized(kind(**{name: _revived(value) for name, value in given.items()}))
        )
    except Exception:  # whatever a constructor raises at what it does not take
        return None


def _revived(value: Any) -> Any:
    if isinstance(value, Mapping) and "class_name" in value:
        return keras.saving.deserialize_keras_object(copy.deepcopy(dict(value)))
    return value


def _unwritable(kind: type) -> OwnError:
    return OwnError(
        f"{kind.__name__} of {kind.__module__} cannot be written into a script, as no call that "
        "its get_config tells of makes the same; write a get_config that holds all that its "
        "__init__ takes"
    )
