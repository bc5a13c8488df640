"""The unit of a metric, where the user names none: by its name and its first value."""

from __future__ import annotations

import re
from dataclasses import replace

from search.commands.program import POINTS, Program
from search.errors import InputError

_ACCURACY = re.compile(r"(?:^|[^a-z])acc(?:uracy)?(?:[^a-z]|$)")


def with_unit(program: Program, value: float) -> Program:
    """Settle the unit and the scale of a program's metric, by the first value that it printed.

    An accuracy from 0 to 1 is a share, and one up to 100 is in percent: both have differences in
    points. Any other metric keeps its numbers. Raises `InputError` where the value cannot be in
    points.
    """
    unit, scale = program.unit, program.scale
    if unit is None and scale is None and _is_accuracy(program) and 0 <= value <= 100:
        unit = POINTS
    unit = unit or ""
    if scale is None:
        scale = 100.0 if unit == POINTS and value <= 1 else 1.0
    settled = replace(program, unit=unit, scale=scale)
    if unit == POINTS and not 0 <= settled.factor_to_stored * value <= 1:
        raise InputError(
            f"{program.metric.name} is {value:g} in the first run, times --scale {scale:g} no "
            "percentage; --unit points takes shares (--scale 100) or percentages (--scale 1)"
        )
    return settled


def _is_accuracy(program: Program) -> bool:
    return not program.minimize and bool(_ACCURACY.search(program.metric.name.lower()))
