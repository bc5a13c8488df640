"""Learning rates and batch sizes as factors of the design, and the rates that a search tries."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from search.commands.parsing import MOST_LEVELS
from search.errors import InputError
from search.settings import Settings

SEARCHED = 1e-4, 1e-2
"""The learning rates that a search tries, from ten times below to ten times above the usual."""
_HIGHEST = 10.0
LARGEST = 1_000_000
"""Images of a batch beyond which a number is a slip."""
_RATES, _SIZES = f"above 0 and up to {_HIGHEST:g}", f"from 1 to {LARGEST:,}"
_Number = TypeVar("_Number", int, float)


def parse_rates(text: str) -> tuple[float, ...]:
    """Read learning rates separated by commas; raises `InputError` unless they are 2 to 4."""
    return tuple(_numbers(text, "--learning-rates", "3e-4,1e-3,3e-3", _rate))


def parse_sizes(text: str) -> tuple[int, ...]:
    """Read batch sizes separated by commas; raises `InputError` unless they are 2 to 4."""
    return tuple(round(size) for size in _numbers(text, "--batch-sizes", "32,128", _size))


def parse_training(recipe: str) -> tuple[str, dict[str, Any]]:
    """Split a recipe: its techniques, and the learning rate and batch size that it names.

    These are written as `learning_rate=0.003` and `batch_size=32`. Without any technique the
    recipe is that of all off. Raises `InputError` for a number that is none.
    """
    techniques, found = [], dict[str, Any]()
    for part in recipe.split(","):
        name, _, text = (piece.strip() for piece in part.partition("="))
        read = _READ.get(name)
        if read is None:
            techniques.append(part)
            continue
        value = read(text)
        if value is None:
            what = f"a rate {_RATES}" if read is _rate else f"a whole number of images {_SIZES}"
            raise InputError(f"--recipe {part.strip()}: {name} takes {what}")
        if name in found:
            raise InputError(f"--recipe {part.strip()}: {name} is given twice; give it once")
        found[name] = value
    return ",".join(techniques) or ("none" if found else ""), found


def reference_first(levels: Sequence[_Number], reference: float) -> tuple[_Number, ...]:
    """Order levels, that of all off first: the reference if it is one of them, else the first."""
    first = reference if reference in levels else levels[0]
    return tuple(sorted(levels, key=lambda level: (level != first, level)))


def searched(settings: Settings) -> tuple[float, float]:
    """The learning rates that the search of a new study tries, those of its design among them."""
    rates = (*SEARCHED, settings.learning_rate, *settings.learning_rates)
    return min(rates), max(rates)


def _numbers(
    text: str, option: str, example: str, read: Callable[[str], float | None]
) -> list[float]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found = []
    for part in parts:
        value = read(part)
        if value is None:
            kind = "learning rates" if read is _rate else "whole numbers of images"
            what = f"{kind} {_RATES if read is _rate else _SIZES}"
            raise InputError(
                f"{option} {text}: {part!r} is not possible; it takes {what}, as {example}"
            )
        found.append(value)
    if not 2 <= len(found) <= MOST_LEVELS:
        raise InputError(
            f"{option} {text} has {len(found)} level{'s' * (len(found) != 1)}; it takes 2 to "
            f"{MOST_LEVELS}, as {example}"
        )
    if len(set(found)) < len(found):
        raise InputError(f"{option} {text} has the same level twice; name each once")
    return found


def _rate(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= _HIGHEST and math.isfinite(value) else None


def _size(text: str) -> float | None:
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST))
    return int(text) if digits and 0 < int(text) <= LARGEST else None


_READ: dict[str, Callable[[str], float | None]] = {"learning_rate": _rate, "batch_size": _size}
"""What a recipe may say of its training, and how it is read."""
