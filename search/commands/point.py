"""A point of a metric, and a number as programs write it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A value of the metric that a program printed."""

    value: float
    """NaN or infinite where it printed that."""
    epoch: int | None = None
    """As it was printed; None where it was not."""


def number_of(value: object) -> float | None:
    """Read a number, also one before the end of a sentence or a percent sign; None for none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip().rstrip(".,%")
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
