"""Reading techniques, recipes and data as they are written on the command line."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from model_space.data import Columns
from model_space.recipe import Recipe
from model_space.technique import Dial, Factor
from model_space.techniques import SETS, TECHNIQUES, overlap
from search.errors import InputError
from search.planning.lookup import technique
from search.planning.time_plan import time_limit
from search.settings import Limits

USUAL_TOP = 5
NONE = "none"
"""The recipe without any technique."""


def parse_recipe(text: str, known: Sequence[Factor] = TECHNIQUES) -> Recipe:
    """Read a recipe: known techniques separated by commas, as `batch_norm,mixup=0.3`, or `none`.

    `NAME` is on with its dials at their usual values, `NAME=VALUE` turns the one dial that it has,
    and `NAME.DIAL=VALUE` one of several. Raises `InputError` for what is not there or out of range.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    chosen: dict[str, dict[str, float]] = {}
    turned = set()
    for part in parts if parts != [NONE] else []:
        left, equals, value = (piece.strip() for piece in part.partition("="))
        name, dot, dial_name = left.partition(".")
        if name == NONE:
            raise InputError(
                f"--recipe {text}: {NONE} is the recipe without any technique, and stands alone"
            )
        factor = technique(name, known, "--recipe")
        chosen.setdefault(name, {dial.name: dial.usual for dial in factor.dials})
        if not (equals or dot):
            continue
        dial = _dial(factor, dial_name, part)
        if (name, dial.name) in turned:
            raise InputError(f"--recipe {part}: {dial.name} of {name} is given twice; give it once")
        turned.add((name, dial.name))
        chosen[name][dial.name] = _value(factor, dial, value, part)
    if not parts:
        raise InputError(f"--recipe is empty; it takes techniques, or {NONE}")
    if reason := overlap(chosen):
        raise InputError(f"--recipe: {reason}")
    return {t.name: chosen[t.name] for t in known if t.name in chosen}


def _dial(factor: Factor, name: str, part: str) -> Dial:
    names = [dial.name for dial in factor.dials]
    if not names:
        raise InputError(f"--recipe {part}: {factor.name} has no dial; name it alone")
    if not name and len(names) > 1:
        raise InputError(
            f"--recipe {part}: {factor.name} has several dials, {', '.join(names)}; "
            f"{factor.name}.{names[0]}=VALUE turns one"
        )
    found = next((dial for dial in factor.dials if dial.name == (name or names[0])), None)
    if found is None:
        raise InputError(
            f"--recipe {part}: {factor.name} has no dial {name!r}; it has {', '.join(names)}"
        )
    return found


def _value(factor: Factor, dial: Dial, text: str, part: str) -> float:
    number = _within(dial, text)
    if number is None:
        raise InputError(
            f"--recipe {part}: {factor.name} takes its {dial.name} from {dial.low:g} to "
            f"{dial.high:g}"
        )
    return number


def _within(dial: Dial, text: str) -> float | None:
    """Read a value of a dial; None of what is no number, or is out of its range."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if dial.low <= number <= dial.high else None


def parse_techniques(text: str, known: Sequence[Factor] = TECHNIQUES) -> tuple[str, ...]:
    """Read names of techniques and of `SETS`, separated by commas; in the order of `known`."""
    names: set[str] = set()
    for name in (part.strip() for part in text.split(",")):
        if name:
            names.update(SETS.get(name) or [technique(name, known).name])
    return tuple(t.name for t in known if t.name in names)


def parse_fix(
    texts: list[str], known: Sequence[Factor] = TECHNIQUES
) -> dict[str, dict[str, float] | None]:
    """Read `NAME=off`, `NAME=on`, or `NAME=NUMBER` for the dial of a technique that has one."""
    fixed: dict[str, dict[str, float] | None] = {}
    for text in texts:
        name, _, value = text.partition("=")
        dials = technique(name, known).dials
        if name in fixed:
            raise InputError(f"--fix {text}: {name} is fixed twice; it takes one level")
        usual = {dial.name: dial.usual for dial in dials}
        if value in ("on", "off"):
            fixed[name] = usual if value == "on" else None
            continue
        if not dials:
            raise InputError(f"--fix {text}: {name} has no dial; it takes {name}=on or {name}=off")
        dial = dials[0]
        number = _within(dial, value)
        if number is None:
            raise InputError(
                f"--fix {text}: {name} takes on, off, or its {dial.name} from {dial.low:g} to "
                f"{dial.high:g}"
            )
        fixed[name] = {**usual, dial.name: number}
    return fixed


def parse_objective(text: str) -> str:
    """Name an objective as studies keep it: `top_k_accuracy` is that of the usual k, 5."""
    return f"top_{USUAL_TOP}_accuracy" if text == "top_k_accuracy" else text


def parse_ladder(text: str) -> tuple[int | None, tuple[str, ...] | None]:
    """Read the seeds of a ladder, its names in order, or both: `3`, `a,b,c` or `3:a,b,c`.

    Either is None where it is not given. Raises `InputError` where neither is.
    """
    if re.fullmatch(r"[-+]?\d+", text.strip()):
        return int(text), None
    begins = re.match(r"\s*(\d+)\s*:", text)
    names = text[begins.end() :] if begins else text
    if not names.strip(" ,") or (begins and not int(begins[1])):
        nothing = "has no seeds" if names.strip(" ,") else "names nothing"
        raise InputError(
            f"--ladder {text!r} {nothing}; it takes a number of seeds, names in their order as "
            "a,b,c, or both as 3:a,b,c"
        )
    return int(begins[1]) if begins else None, tuple(name.strip() for name in names.split(","))


def parse_limits(texts: Sequence[str]) -> Limits:
    """Read `seconds=NUMBER` and `parameters=NUMBER`, several separated by commas, or `none`.

    Seconds may be a time such as 90s or 30m, and parameters end in k or M. Raises `InputError`.
    """
    found: dict[str, float] = {}
    if list(texts) == [NONE]:
        return Limits()
    for text in (part.strip() for given in texts for part in given.split(",")):
        name, _, most = (part.strip() for part in text.partition("="))
        number = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\d+)?)([kM]?)", most)
        if name == "seconds" and number is None and most and name not in found:
            found[name] = time_limit(most, "--at-most seconds").seconds
            continue
        value = float(number[1]) * {"": 1, "k": 1e3, "M": 1e6}[number[2]] if number else 0.0
        least = 1 if name == "parameters" else 0
        known = name in ("seconds", "parameters") and name not in found
        if not known or not least <= value < math.inf or not value:
            raise InputError(
                f"--at-most {text} is not possible; it takes seconds=NUMBER above 0, "
                "parameters=NUMBER of 1 or more, or both, once each, such as "
                f"seconds=600,parameters=1M; or {NONE}"
            )
        found[name] = value
    count = found.get("parameters")
    return Limits(found.get("seconds"), None if count is None else int(count))


def parse_columns(texts: Sequence[str]) -> Columns:
    """Read `path=COLUMN`, `label=COLUMN` and `split=COLUMN`, several separated by commas.

    `image` and `sound` are other words for `path`. A column's name may have commas. Raises
    `InputError`.
    """
    columns: dict[str, str] = {}
    for text in texts:
        for one in re.split(r",(?=\s*\w+=)", text):
            what, equals, column = (part.strip() for part in one.partition("="))
            what = {"image": "path", "sound": "path"}.get(what, what)
            if what not in ("path", "label", "split") or not equals or not column:
                raise InputError(
                    f"--columns {text} is not possible; it takes path=COLUMN, label=COLUMN and "
                    "split=COLUMN, such as path=file,label=breed"
                )
            if what in columns:
                raise InputError(f"--columns names {what} twice; give it once")
            columns[what] = column
    return Columns(**columns)
