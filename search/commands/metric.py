"""Finding a metric in what a program prints, line by line, or in a file that it leaves."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from search.commands.pattern import Pattern, name_in
from search.commands.point import Point, number_of
from search.commands.program import Metric
from search.errors import InputError

JSON, FILE = "json:", "file:"
_EPOCH_KEYS = ("epoch", "step")
_MOST_BYTES = 1 << 24
"""Of a file with a metric that is read."""
_MOST_KEYS = 5
"""Of a file, in a message."""
_TABLES = (".csv", ".tsv")
_DELIMITERS = ",\t;"
"""Of a table; the one that its first line has most often counts."""


class Reader(Protocol):
    """Finds points in lines of output."""

    def points(self, line: str) -> Iterator[Point]:
        """Yield the points that a line holds, in order.

        Raises `ValueError` where a number has a comma, as it may stand for a point or for nothing.
        """


def reader(metric: Metric, option: str = "--metric") -> Reader:
    """Make the reader of a metric; raises `InputError` where it describes none."""
    if metric.where.startswith(FILE):
        return _Nothing()
    if metric.where.startswith(JSON):
        key = metric.where.removeprefix(JSON)
        if not key:
            raise InputError(f"{option} {metric.where} names no key; it takes {JSON}KEY")
        return _Json(key, beside=metric.rules > 2)
    return Pattern(metric.where, option, metric.rules)


def from_file(metric: Metric, folder: Path) -> float | None:
    """Read a metric from the file that a run left; None where it is in none.

    A relative path is one in the run's own folder. Raises `ValueError` where the file does not hold
    it.
    """
    if not metric.where.startswith(FILE):
        return None
    text, key, path = _content(metric, folder)
    found = _looked_up(_values(text, path), key) if key else number_of(text)
    if found is None:
        has = [*dict.fromkeys(_keys_of(_values(text, path)))][:_MOST_KEYS] if key else []
        there = f"; it has numbers under {', '.join(map(repr, has))}" if has else ""
        raise ValueError(f"{path} holds no number{f' under {key!r}' if key else ''}{there}")
    return found


def curve_from_file(metric: Metric, folder: Path) -> list[Point]:
    """Read the curve in a file whose rows have the epoch beside the metric; of one twice, the last.

    Empty where they have not. Raises as `from_file` does.
    """
    if metric.rules < 2 or not metric.where.startswith(FILE):
        return []
    text, key, path = _content(metric, folder)
    points: dict[int, Point] = {}
    for row in _values(text, path):
        if isinstance(row, Mapping) and (value := _looked_up(row, key)) is not None:
            numbers = (number_of(row.get(name)) for name in _EPOCH_KEYS)
            epoch = next(
                (int(one) for one in numbers if one is not None and one.is_integer()), None
            )
            if epoch is None:
                return []
            points[epoch] = Point(value, epoch)
    return list(points.values())


def longer_word(metric: Metric, lines: Iterable[str]) -> str:
    """Find the longer word of which a metric's pattern matches a part alone; empty for none."""
    if metric.rules < 2 or metric.where.startswith((JSON, FILE)):
        return ""
    anywhere = Pattern(metric.where, "", 1)
    words = (word for line in lines for word in anywhere.words(line))
    return next(words, "")


def name_of(where: str) -> str:
    """Derive the name of a metric from where it is found: of a pattern, the words that stand before
    the number."""
    if where.startswith((JSON, FILE)):
        return where.rpartition(":")[2]
    return name_in(where)


class _Nothing:
    def points(self, line: str) -> Iterator[Point]:
        return iter(())


class _Json:
    """A key of objects; `beside` what a logger writes before them, and with epochs such as 1.0."""

    def __init__(self, key: str, *, beside: bool) -> None:
        self._key, self._beside = key, beside

    def points(self, line: str) -> Iterator[Point]:
        row = _object(line[line.find("{") :] if self._beside else line)
        if row is not None and (value := _looked_up(row, self._key)) is not None:
            epochs = (row.get(name) for name in _EPOCH_KEYS)
            kinds = (int, float) if self._beside else int
            whole = (int(one) for one in epochs
                     if isinstance(one, kinds) and not isinstance(one, bool)
                     and math.isfinite(one) and one == int(one))  # fmt: skip
            yield Point(value, next(whole, None))


def _content(metric: Metric, folder: Path) -> tuple[str, str, Path]:
    """The text of a metric's file, the key of the number there, and the file."""
    place, _, key = metric.where.removeprefix(FILE).partition(":")
    path = folder / place
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8-sig", "replace").strip(), key, path
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from error


def _values(text: str, path: Path) -> list[object]:
    """Read a text: one value of JSON, a value a line, or the rows of a table."""
    if path.suffix not in _TABLES:
        whole = _parsed(text)
        if whole is not None:
            return whole if isinstance(whole, list) else [whole]
        objects: list[object] = [_object(line) for line in text.splitlines()]
        if any(one is not None for one in objects):
            return objects
    return [*_rows(text.splitlines())]


def _rows(lines: list[str]) -> Iterator[dict[str, str]]:
    """Read a table whose first line has names, which some programs pad with spaces."""
    header = lines[0] if lines else ""
    with suppress(csv.Error):  # as of a field without end, in what is no table
        for row in csv.DictReader(lines, delimiter=max(_DELIMITERS, key=header.count)):
            yield {name.strip(): cell for name, cell in row.items() if name is not None}


def _looked_up(value: object, key: str) -> float | None:
    """Find a number by its key, or by the keys that lead to it, with points between them.

    Of a list it is the last that has it.
    """
    if isinstance(value, list):
        found = (_looked_up(one, key) for one in reversed(value))
        return next((one for one in found if one is not None), None)
    if not key:
        return number_of(value)
    if not isinstance(value, dict):
        return None
    if key in value:
        return _looked_up(value[key], "")
    for name, inner in value.items():
        if key.startswith(f"{name}."):
            found_in = _looked_up(inner, key[len(name) + 1 :])
            if found_in is not None:
                return found_in
    return None


def _keys_of(value: object, before: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _keys_of(one, before)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _keys_of(inner, f"{before}.{name}" if before else str(name))
    elif before and number_of(value) is not None:
        yield before


def _object(text: str) -> dict[str, object] | None:
    found = _parsed(text) if "{" in text else None
    return found if isinstance(found, dict) else None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
