"""A recipe as it is written on the command line."""

from __future__ import annotations

import math

from model_space.technique import Dial, Technique
from model_space.techniques import TECHNIQUES, Choice, technique
from search.errors import InputError

NONE = "none"
"""The recipe without any technique."""


def parse_recipe(text: str) -> Choice:
    """Techniques separated by commas: `batch_norm,mixup=0.3`, or `none`.

    `NAME` is on with its dials at their usual values, `NAME=VALUE` turns the one dial that it has,
    and `NAME.DIAL=VALUE` one of several. Raises `InputError` for what is not there or out of range.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    chosen: dict[str, dict[str, float]] = {}
    turned = set()
    for part in parts if parts != [NONE] else []:
        left, equals, value = (piece.strip() for piece in part.partition("="))
        name, dot, dial_name = left.partition(".")
        known = _technique(name)
        chosen.setdefault(name, {dial.name: dial.usual for dial in known.dials})
        if not (equals or dot):
            continue
        dial = _dial(known, dial_name, part)
        if (name, dial.name) in turned:
            raise InputError(f"--recipe {part}: {dial.name} of {name} is given twice; give it once")
        turned.add((name, dial.name))
        chosen[name][dial.name] = _value(known, dial, value, part)
    if not parts:
        raise InputError(f"--recipe is empty; it takes techniques, or {NONE}")
    return {t.name: chosen[t.name] for t in TECHNIQUES if t.name in chosen}


def _technique(name: str) -> Technique:
    try:
        return technique(name)
    except KeyError:
        names = ", ".join(t.name for t in TECHNIQUES)
        raise InputError(f"--recipe: there is no technique {name!r}; there are {names}") from None


def _dial(known: Technique, name: str, part: str) -> Dial:
    names = [dial.name for dial in known.dials]
    if not names:
        raise InputError(f"--recipe {part}: {known.name} has no dial; name it alone")
    if not name and len(names) > 1:
        raise InputError(
            f"--recipe {part}: {known.name} has several dials, {', '.join(names)}; "
            f"{known.name}.{names[0]}=VALUE turns one"
        )
    found = next((dial for dial in known.dials if dial.name == (name or names[0])), None)
    if found is None:
        raise InputError(
            f"--recipe {part}: {known.name} has no dial {name!r}; it has {', '.join(names)}"
        )
    return found


def _value(known: Technique, dial: Dial, text: str, part: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not dial.low <= number <= dial.high:
        raise InputError(
            f"--recipe {part}: {known.name} takes a {dial.name} from {dial.low:g} to {dial.high:g}"
        )
    return number
