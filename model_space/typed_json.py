"""Typed values from JSON: a dataclass's annotations say what each of its fields may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class JsonError(ValueError):
    """A JSON value is not of the type that is wanted; the message says where, and what it is."""


def from_json(kind: type[T], value: object, where: str = "") -> T:
    """Return a JSON value, as `json.loads` gives it, as an object of a dataclass.

    A field may be a string, number, boolean, None, dataclass, tuple, or mapping from strings, or a
    union of these. Numbers stay as they are: an integer may stand for a float. A field that is
    missing takes its default, and one that the dataclass does not have is passed over, so that
    what an older or a newer version wrote can be read. Raises `JsonError` for anything else;
    `where` names the value in its message.
    """
    return _read(kind, value, where or kind.__name__)  # type: ignore[no-any-return]


def _read(kind: Any, value: object, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _read_union(arguments, value, where)
    if origin is tuple or origin is Sequence:
        return _read_tuple(arguments, value, where)
    if origin is Mapping:
        if not isinstance(value, Mapping):
            raise _mismatch(value, where, "an object")
        return {str(k): _read(arguments[1], v, f"{where}.{k}") for k, v in value.items()}
    if is_dataclass(kind):
        return _read_object(kind, value, where)
    accepted = (int, float) if kind is float else (kind,)
    if type(value) not in accepted:  # a boolean is an int to isinstance
        raise _mismatch(value, where, kind.__name__)
    return value


def _read_union(kinds: tuple[Any, ...], value: object, where: str) -> Any:
    if value is None and NoneType in kinds:
        return None
    others = [kind for kind in kinds if kind is not NoneType]
    for kind in others[:-1]:
        try:
            return _read(kind, value, where)
        except JsonError:
            continue
    return _read(others[-1], value, where)


def _read_tuple(kinds: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise _mismatch(value, where, "an array")
    if len(kinds) == 1 or kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise _mismatch(value, where, f"an array of {len(kinds)}")
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(_read(kind, one, f"{where}[{index}]") for index, (kind, one) in pairs)


def _read_object(kind: Any, value: object, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise _mismatch(value, where, "an object")
    hints = _hints(kind)
    values = {}
    for field in fields(kind):
        if field.name in value:
            values[field.name] = _read(
                hints[field.name], value[field.name], f"{where}.{field.name}"
            )
        elif field.default is MISSING and field.default_factory is MISSING:
            raise JsonError(f"{where} lacks {field.name}")
    try:
        return kind(**values)
    except ValueError as error:  # a dataclass may check more than types
        raise JsonError(f"{where}: {error}") from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _mismatch(value: object, where: str, wanted: str) -> JsonError:
    return JsonError(f"{where} is {value!r}, not {wanted}")
