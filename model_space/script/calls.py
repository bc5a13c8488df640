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

from model_space.custom.code import CustomCodeError


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
        """Return the call with these arguments first, in the place of its own of those names."""
        names = {argument.name for argument in arguments}
        left = (argument for argument in self.arguments if argument.name not in names)
        return Call(self.function, (*arguments, *left))


def call(thing: Any, *, numbers: bool = False) -> Call:
    """Return the call that makes such an object, which has a config, defaults left out.

    With `numbers`, floats are written even where they are defaults. Raises `CustomCodeError` where
    the call would make another object.
    """
    kind, saved = type(thing), _serialized(thing)
    config = _config(saved)
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
    return Call(public_name(saved), arguments)


def required(function: Any) -> list[str]:
    """Return the parameters of a function, or of a class, that have no default, without `self`."""
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]


def public_name(saved: Mapping[str, Any]) -> str:
    """Return the name that a script has for the class of an object, as Keras saves it."""
    module, name = str(saved["module"]), str(saved["class_name"])
    if module == "keras.layers":
        return f"layers.{name}"
    return f"{module}.{name}" if module.split(".")[0] == "keras" else name


def literal(value: Any) -> str:
    """Return the code of a value of a Keras config; raises `CustomCodeError` for any other."""
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
    raise CustomCodeError(f"the value {value!r} cannot be written into a script")


def remade(kind: Any, config: Mapping[str, Any]) -> Any:
    """Return an object of that class and config; raises `CustomCodeError` where none is made."""
    try:
        return kind.from_config(copy.deepcopy(dict(config)))
    except Exception as error:  # whatever a constructor raises at what it does not take
        raise _unwritable(kind) from error


def _literal_object(saved: Mapping[str, Any]) -> str:
    module, name = str(saved.get("module")), saved["class_name"]
    if name == "__slice__":
        ends = (literal(saved["config"][end]) for end in ("start", "stop", "step"))
        return f"slice({', '.join(ends)})"
    if name == "__ellipsis__":
        return "..."
    if name.startswith("__"):
        raise CustomCodeError(
            "a tensor that is part of the network cannot be written into a script"
        )
    if name == "DTypePolicy":
        return literal(saved["config"]["name"])
    if module.split(".")[0] != "keras":
        raise CustomCodeError(
            f"{name} of {module}, which is inside a layer of Keras', cannot be written into a "
            "script; use one of Keras' own, or make a layer of your own around it"
        )
    if name == "function":
        return f"{module}.{saved['config']}"
    return str(
        call(keras.saving.deserialize_keras_object(copy.deepcopy(dict(saved))), numbers=True)
    )


def _serialized(thing: Any) -> dict[str, Any]:
    try:
        saved: dict[str, Any] = keras.saving.serialize_keras_object(thing)
    except Exception as error:  # whatever a get_config of the user's own raises
        raise _unwritable(type(thing)) from error
    return saved


def _config(saved: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in saved["config"].items() if name != "name"}


def _made(kind: Any, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the config of the object that these arguments make; None where they make none."""
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


def _unwritable(kind: type) -> CustomCodeError:
    return CustomCodeError(
        f"{kind.__name__} of {kind.__module__} cannot be written into a script, because calling it "
        "with its get_config makes another object; return every argument of its __init__ from "
        "get_config"
    )
