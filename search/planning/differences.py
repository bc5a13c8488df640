"""Differences between a study and what a launch asks for, where it may neither grow nor move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from model_space.custom.code import CustomCode, CustomNetwork, CustomTechnique
from model_space.data import is_set
from model_space.pretrained.weights import Weights
from search.parameters import level_label
from search.planning.checks import option
from search.planning.phases.ladder import TOGETHER, order_of, steps_of
from search.planning.programs import differences_of
from search.planning.requested import Requested
from search.planning.space import Space
from search.settings import Settings, TimeLimit

_Custom = CustomTechnique | CustomNetwork | Weights
MAY_GROW = ("search", "confirm", "ladder")
"""Numbers of runs that a later launch may ask for more of."""
DESIGNS = ("measure", "verify")
"""Phases whose settings hold every run count that was asked for."""
_NOTHING: tuple[object, ...] = (None, {}, ())
"""Settings for which no option was given."""


def differences(stored: Settings, requested: Requested, asked: Mapping[str, Any]) -> list[str]:
    """Name what is asked for that a study has otherwise, and that cannot grow to it."""
    found = [
        _less(name, getattr(stored, name))
        if name in (*MAY_GROW, "verify_epochs") and getattr(stored, name)
        else _difference(name, getattr(stored, name), value)
        for name, value in asked.items()
        if value != getattr(stored, name)
        and not (name == "data" and is_place(stored.data) and is_place(value))
        and not (name in MAY_GROW and value > getattr(stored, name))
        and not (name == "verify_epochs" and value > (stored.verify_epochs or 0))
        and name not in ("images", "at_most")  # which no run depends on
    ]
    found += _of_code(stored.custom_code, requested.custom_code)
    for name in DESIGNS:
        had, runs = max(getattr(stored, name), default=0), getattr(requested, name)
        if runs is not None and runs < had:
            found.append(_less(name, had) if had else f"--{name} is 0, not {runs}")
    if requested.ladder_order is not None:
        order, steps = order_of(requested.ladder_order, stored), steps_of(stored, Space.of(stored))
        if stored.ladder and list(order) != steps[1:]:
            found.append(f"--ladder is {_written(steps[1:])}, not {_written(order)}")
    found += _shorter(stored.time, requested.time)
    return found + differences_of(stored.program, requested.program)


def _difference(name: str, before: object, now: object) -> str:
    """Name an option that is another than the study's, or that the study's launch did not give."""
    if before in _NOTHING:
        return f"{option(name)} {shown(now)} was not given"
    return f"{option(name)} is {shown(before)}, not {'empty' if now in _NOTHING else shown(now)}"


def _less(name: str, before: object) -> str:
    """Name an option that may grow, and of which less was asked for than the study has."""
    return f"{option(name)} is {before}, and can only grow"


def _of_code(known: CustomCode, code: CustomCode) -> list[str]:
    """Name what of the user's own code is not what the study began with."""
    found = []
    given: list[tuple[str, _Custom, _Custom | None]] = [
        ("--technique", one, known.technique(one.name)) for one in code.techniques
    ]
    if code.network and known.network and _is_other(code.network, known.network):
        found.append(f"--network is {known.network.at}, not {code.network.at}")
    elif code.network is not None:
        given.append(("--network", code.network, known.network))
    if code.weights is not None:
        given.append(("--weights", code.weights, known.weights))
    return found + [
        f"{what} {one.at} {'was not given' if before is None else 'has changed since'}"
        for what, one, before in given
        if before is None or before.digest != one.digest
    ]


def _written(steps: Iterable[Iterable[str]]) -> str:
    return ",".join(TOGETHER.join(added) for added in steps)


def _is_other(network: CustomNetwork, known: CustomNetwork) -> bool:
    """Tell a network of another name from one whose file may have moved or changed."""
    return network.application != known.application


def _shorter(stored: TimeLimit | None, asked: TimeLimit | None) -> list[str]:
    if asked is None:
        return []
    if stored is None:
        return ["--time was not given, or a later launch that asked for more runs ended its plan"]
    if asked.seconds < stored.seconds:
        return [_less("time", f"{stored.seconds:g} seconds")]
    return []


def is_place(data: str) -> bool:
    """Tell a path from the name of a data set; the fingerprint tells whether the data agree.

    A study of another machine's may keep no more of its path than a name, as those shipped do.
    """
    return not is_set(data)


def shown(value: Any) -> str:
    """A setting as a user would write it."""
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_shown_level(level)}" for name, level in value.items())
    if isinstance(value, tuple):
        return ",".join(map(level_label, value))
    return level_label(value)


def _shown_level(dials: Mapping[str, float] | None) -> str:
    if dials is None:
        return "off"
    return ",".join(f"{value:g}" for value in dials.values()) or "on"
