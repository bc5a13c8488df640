"""Settling what a launch asks for with what the study was launched with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from model_space.custom.code import CustomCode, CustomNetwork, CustomTechnique
from model_space.data.spec import READER
from search.errors import InputError
from search.planning.checks import check, option
from search.settings import Settings, usual_last_epochs

_Custom = CustomTechnique | CustomNetwork
_MAY_GROW = ("search", "confirm", "ladder")


@dataclass(frozen=True, kw_only=True)
class Requested:
    """The settings that the user named, as fields of `Settings`; None where they named none."""

    data: str | None = None
    image_size: int | None = None
    train_size: int | None = None
    validation: float | None = None
    techniques: tuple[str, ...] | None = None
    fixed: Mapping[str, Mapping[str, float] | None] | None = None
    custom_code: CustomCode = field(default_factory=CustomCode)
    left_out: tuple[str, ...] | None = None
    epochs: int | None = None
    batch_size: int | None = None
    width: float | None = None
    depth: int | None = None
    backend: str | None = None
    precision: str | None = None
    """Also `auto`, until the study's machine decides it."""
    objective: str | None = None
    last_epochs: int | None = None
    pruner: str | None = None
    seed: int | None = None
    measure: int | None = None
    """The runs of the `measure` phase, all that it ran before included."""
    search: int | None = None
    confirm: int | None = None
    ladder: int | None = None

    def named(self) -> dict[str, Any]:
        """The values that were named, by field."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def settle(stored: Settings | None, requested: Requested) -> Settings:
    """The settings of a new study, or of a known one that may grow and move but not change.

    What the user did not name keeps its stored or default value. Raises `InputError` that names
    every difference.
    """
    asked = requested.named()
    for name in ("measure", "custom_code"):
        asked.pop(name, None)
    runs, code = requested.measure, requested.custom_code
    if stored is None:
        if runs is not None:
            asked["measure"] = (runs,)
        asked["techniques"] = with_custom(asked.get("techniques", Settings.techniques), code)
        asked["reader"] = READER
        asked.setdefault("last_epochs", usual_last_epochs(asked.get("epochs", Settings.epochs)))
        return check(Settings(**asked, custom_code=code, growth="exchanged"))
    if "techniques" in asked:
        asked["techniques"] = with_custom(asked["techniques"], stored.custom_code)
    known = stored.custom_code
    differences = [
        f"{option(name)} is {shown(getattr(stored, name))}, not {shown(value)}"
        for name, value in asked.items()
        if value != getattr(stored, name)
        and not (name == "data" and _is_place(stored.data) and _is_place(value))
        and not (name in _MAY_GROW and value > getattr(stored, name))
    ]
    given: list[tuple[str, _Custom, _Custom | None]] = [
        ("--technique", one, known.technique(one.name)) for one in code.techniques
    ]
    if code.network is not None:
        given.append(("--network", code.network, known.network))
    differences += [
        f"{what} {one.at} {'was not given' if before is None else 'has changed since'}"
        for what, one, before in given
        if before is None or before.digest != one.digest
    ]
    if runs is not None and runs < stored.measure[-1]:
        differences.append(f"--measure is {stored.measure[-1]}, not {runs}")
    if differences:
        raise InputError(
            f"this study was launched with other settings: {'; '.join(differences)}; "
            "use another name for a new study, or leave these options out to go on with this one"
        )
    # The same code and data may be elsewhere by now.
    stored = replace(stored, custom_code=known.updated(code))
    free = (*_MAY_GROW, "data")
    grown = replace(stored, **{name: value for name, value in asked.items() if name in free})
    if runs is not None and runs > stored.measure[-1]:
        begun = tuple(count for count in stored.measure if count)
        # What it measured is the same by either way of growing, until it has grown.
        growth = "exchanged" if len(begun) < 2 else stored.growth
        grown = replace(grown, measure=(*begun, runs), growth=growth)
    return check(grown)


def _is_place(data: str) -> bool:
    """Tell a path from the name of a data set; the fingerprint tells whether the data agree."""
    return Path(data).is_absolute()


def with_custom(techniques: Sequence[str], code: CustomCode) -> tuple[str, ...]:
    """The techniques, and then those of the user's own."""
    return tuple(dict.fromkeys((*techniques, *(one.name for one in code.techniques))))


def shown(value: Any) -> str:
    """A setting as a user would write it."""
    if value is None or value == {}:
        return "not given"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_shown_level(level)}" for name, level in value.items())
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown_level(dials: Mapping[str, float] | None) -> str:
    if dials is None:
        return "off"
    return ",".join(f"{value:g}" for value in dials.values()) or "on"
