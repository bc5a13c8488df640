"""Sentences on numbers, such as the learning rate, in another program's study."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.analysis.best_value import BestNumber
from search.analysis.moved_numbers import MovedNumber
from search.analysis.number_curves import NumberCurve
from search.analysis.recommendation import Recommendation
from search.objective import Objective
from search.reporting.findings import Findings
from search.reporting.formatting import beside, listed, listed_first

_ROUNDING = 1e-12
"""Of sums of steps, as a share of the values' range."""
_MOST_PLACES = 32
"""Into which a range is divided, where the best value is a single one."""
_LONG = 1e15
"""From which a number is written with an exponent."""


def about_numbers(findings: Findings) -> list[str]:
    """Say where each number that matters is best, and name those that cannot be told from noise."""
    moved = {row.number for row in findings.moved}
    said = [
        _where(row, findings.results.objective, on_average=row.number.name in moved)
        for row in findings.numbers
        if row.matters
    ]
    rest = [row.number.name for row in findings.numbers if not row.matters]
    if rest:
        said.append(f"Of {listed_first(rest)}, no value is surely better than another.")
    return said


def _where(row: NumberCurve, objective: Objective, *, on_average: bool) -> str:
    gain = beside(row.gain, objective.unit, f"{at(row, row.worst)}, the worst")
    average = ", on average," if on_average else ""
    near = f"near {at(row, row.best)} ({best_interval(row)})"
    return f"{row.number.name} is{average} best {near}: {gain}."


def in_words(rows: Sequence[BestNumber]) -> str:
    """Name numbers with the values that are best for a recipe."""
    return listed([f"{row.number.name} {at(row, row.best)}" for row in rows])


def of_recipe(recommended: Recommendation | None) -> list[str]:
    """Say where the numbers are best with the recommended recipe."""
    rows = [one for one in recommended.best_numbers if one.matters] if recommended else []
    where = [f"{one.number.name} is best near {at(one, one.best)} ({best_interval(one)})"
             for one in rows]  # fmt: skip
    return [f"With this recipe, {listed(where)}."] if where else []


def moved_by(findings: Findings) -> list[str]:
    """Say which numbers depend on a technique or level, and where they are best with each."""
    return [_moved(row) for row in findings.moved]


def _moved(row: MovedNumber) -> str:
    said = f"What {row.number} is worth depends on {row.parameter}"
    where = [
        f"near {at(curve, curve.best)} {_with(name)} ({best_interval(curve)})"
        for name, curve in row.curves
    ]
    return f"{said}: it is best {listed(where)}." if where else f"{said}."


def _with(name: str) -> str:
    return name if name.startswith("without") else f"with {name}"


def best_interval(row: NumberCurve | BestNumber) -> str:
    """Format the interval of the best value, which may go on beyond the values that were tried."""
    low, high = at(row, row.best_low), at(row, row.best_high)
    match row.open_ends:
        case True, True:
            return "both ends may be as good" if row.matters else "it may be any that was tried"
        case True, False:
            return f"95 % interval {high} or less"
        case False, True:
            return f"95 % interval {low} or more"
    return f"95 % interval {low} to {high}"


def at(row: NumberCurve | BestNumber, value: float) -> str:
    """Format a value of a number, to as many digits as its interval justifies."""
    if row.whole:
        return f"{round(value):,}"
    span = row.values[-1] - row.values[0]
    if not row.number.log and abs(value) < _ROUNDING * span:
        return "0"
    width = max(abs(row.best_high - row.best_low), span / _MOST_PLACES)
    digits = 2
    if width and value:
        digits = max(2, 1 + math.ceil(math.log10(abs(value) / width)))
    short = f"{value:.{digits}g}"
    return short if abs(float(short)) < 10**digits or abs(value) >= _LONG else f"{value:,.0f}"
