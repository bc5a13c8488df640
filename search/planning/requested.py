"""The settings that the user of a launch named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from model_space.custom.code import CustomCode
from model_space.data import Columns
from search.commands.program import Program
from search.settings import Limits, TimeLimit


@dataclass(frozen=True, kw_only=True)
class Requested:
    """The settings that the user named, as fields of `Settings`; None where they named none."""

    data: str | None = None
    columns: Columns | None = None
    image_size: int | None = None
    train_size: int | None = None
    validation: float | None = None
    techniques: tuple[str, ...] | None = None
    fixed: Mapping[str, Mapping[str, float] | None] | None = None
    custom_code: CustomCode = field(default_factory=CustomCode)
    left_out: tuple[str, ...] | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rates: tuple[float, ...] | None = None
    """In any order."""
    batch_sizes: tuple[int, ...] | None = None
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
    verify: int | None = None
    """As many of the `verify` phase."""
    verify_epochs: int | None = None
    time: TimeLimit | None = None
    search: int | None = None
    confirm: int | None = None
    ladder: int | None = None
    ladder_order: tuple[str, ...] | None = None
    """What its steps add, as the user named it."""
    images: bool | None = None
    at_most: Limits | None = None
    program: Program | None = None

    def named(self) -> dict[str, Any]:
        """The values that were named, by field."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}
