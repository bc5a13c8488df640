"""How the pages write numbers with their intervals, names and blocks, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from search import Comparison, Effect, SimpleEffect, Step
from search.reporting.formatting import change, interval, listed, signed


def points(of: Effect | SimpleEffect) -> str:
    """An effect with its interval, units and all."""
    return f"{signed(of.effect, of)} points (95 %: {interval(of)})"


def worth(of: Comparison | SimpleEffect) -> str:
    """An effect with its interval, where the unit has been said."""
    return f"{signed(of.effect, of)} ({interval(of)})"


def steps(of: Iterable[Step]) -> str:
    """Steps of the ladder with their changes, as a list in words."""
    named = [f"{code(step.added)} ({change(step)})" for step in of]
    return listed(named) if named else "none"


def code(names: Iterable[str]) -> str:
    """Names of techniques."""
    return " + ".join(f"`{name}`" for name in names)


def block(lines: Iterable[str]) -> str:
    """Lines of a terminal."""
    return "\n".join(["```text", *lines, "```", ""])
