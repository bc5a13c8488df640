"""The unit of a metric, by its name and its first value, and which way it is better."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from search.commands.program import POINTS, Program
from search.errors import InputError

_ACCURACY = re.compile(r"(?:^|[^a-z])acc(?:uracy)?(?:[^a-z]|$)")
_OF_LESS = re.compile(
    r"(?:^|[^a-z])(?:\w*loss|err(?:or)?|perplexity|ppl|n?r?mse|rmsle|rmsd|s?mape|n?mae|nll|[cwp]er|fid"
    r"|bpb|bpc|(?:binary_?|b)?(?:cross[ _-]?entropy|ce)|xent|deviance|brier|ece|eer|regret|latency)"
    r"(?:[^a-z]|$)"
)
_NEGATED = re.compile(r"(?:^|[^a-z])(?:neg(?:ative)?|minus)(?:[^a-z]|$)|^-|^1 ?-")


def of_less(program: Program) -> str:
    """Warn of a metric whose name says that less is better, where more is taken to be; or empty."""
    name = program.metric.name.lower()
    if program.minimize or not _OF_LESS.search(name) or _NEGATED.search(name):
        return ""
    return (
        f"this study takes a larger {program.metric.name} for better. If less is better, stop it, "
        "and begin a new one, under another name, with --minimize."
    )


def with_unit(program: Program, value: float, before: Iterable[float]) -> Program:
    """Settle the unit and the scale of a program's metric, by the value of the first run.

    An accuracy from 0 to 1 is a share, and one up to 100 is in percent, as is one that was above 1
    at some point `before` the end: both have differences in points. Any other metric keeps
    its numbers. Raises `InputError` where the value cannot be in points.
    """
    unit, scale = program.unit, program.scale
    if unit is None and scale is None and _is_accuracy(program) and 0 <= value <= 100:
        unit = POINTS
    unit = unit or ""
    if scale is None:
        scale = 100.0 if unit == POINTS and max([value, *before]) <= 1 else 1.0
    settled = replace(program, unit=unit, scale=scale)
    if unit == POINTS and not 0 <= settled.factor_to_stored * value <= 1:
        raise InputError(
            f"{program.metric.name} is {value:g} in the first run, times --scale {scale:g} no "
            "percentage; --unit points takes shares (--scale 100) or percentages (--scale 1)"
        )
    return settled


def _is_accuracy(program: Program) -> bool:
    return not program.minimize and bool(_ACCURACY.search(program.metric.name.lower()))
