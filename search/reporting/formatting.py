"""Numbers, units and lists as the terminal, the report and the figures write them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from search.analysis.budgets import BudgetChange
from search.analysis.costs import Cost
from search.analysis.effects import Effects
from search.analysis.epochs import EpochEffects
from search.analysis.estimate import Estimate
from search.analysis.ladder import LadderStep
from search.objective import Objective

UNKNOWN = "—"
MOST_NAMED = 4
"""Techniques, or interactions, in one sentence."""

_SECONDS = 180
"""Seconds from which a duration is given in minutes, which round by a sixth at the most."""
_MOST_DECIMALS = 5
_MOST_DIGITS = 9
"""Those before the point. A number with more of either is written with an exponent."""


def capitalized(text: str) -> str:
    """Begin a text with a capital letter, and leave its other letters as they are."""
    return text[:1].upper() + text[1:]


class Bounds(Protocol):
    """Anything with the ends of an interval."""

    @property
    def low(self) -> float:
        """The lower end."""

    @property
    def high(self) -> float:
        """The upper end."""


class HasEffect(Bounds, Protocol):
    """An effect or interaction of any kind, with its interval."""

    @property
    def effect(self) -> float:
        """The estimate."""


Estimated = Estimate | HasEffect | LadderStep | BudgetChange
"""What holds an estimate with its interval, mostly of a difference."""


def _size(of: Estimated) -> float:
    match of:
        case Estimate():
            return of.value
        case LadderStep():
            return of.change
        case BudgetChange():
            return of.difference
    return of.effect


def listed(names: Sequence[str]) -> str:
    """Join names with commas and an `and`."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def with_states(on: Sequence[str], off: Sequence[str]) -> list[str]:
    """Name techniques by their state: `mixup and dropout on`, `residual off`."""
    return [f"{listed(names)} {state}" for names, state in ((on, "on"), (off, "off")) if names]


def listed_first(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Join the first names, `most` of them, and the number of the others."""
    more = len(names) - most
    return listed([*names[:most], f"{more:,} more"] if more > 0 else names)


def one_line(name: str) -> str:
    """Show a name of the data in a line: breaks as ␤, and what is invisible by its code."""
    return "".join(
        c if c.isprintable() else "␤" if c in "\r\n" else repr(c)[1:-1]
        for c in name.replace("\r\n", "\n")
    )


def quoted(name: str) -> str:
    """Quote a name of the data, which may hold quotes and apostrophes of its own."""
    return f"“{one_line(name)}”"


def counted(count: int, noun: str) -> str:
    """Format a count with its noun, which takes an s unless the count is one."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def signed(of: Estimated) -> str:
    """Format a difference with its sign, to no more decimals than its interval justifies."""
    return _signed(_size(of), of)


def _signed(value: float, bounds: Bounds) -> str:
    if math.isnan(value):
        return UNKNOWN
    return _rounded(value, _decimals(bounds, value), "+")


def change(of: Estimated) -> str:
    """Format a difference as `signed` does; empty where there is none."""
    return "" if math.isnan(_size(of)) else signed(of)


def interval(bounds: Bounds) -> str:
    """Format the 95 % interval of a difference."""
    if math.isnan(bounds.low):
        return UNKNOWN
    return f"{_signed(bounds.low, bounds)} to {_signed(bounds.high, bounds)}"


def with_interval(of: Estimated, unit: str = "") -> str:
    """Format a difference with its 95 % interval, where it has one, in brackets.

    `unit` is what stands after the difference, see `in_unit`.
    """
    said = f"{signed(of)}{unit}"
    if math.isnan(_size(of)) or math.isnan(of.low):
        return said
    return f"{said} ({interval(of)})"


def multiple(of: Estimate) -> str:
    """Format what multiplies a value, with its interval; 1 is no change."""
    decimals = _decimals(of)
    by, low, high = (_rounded(value, decimals) for value in (of.value, of.low, of.high))
    return f"{by} ({low} to {high})"


def beside(gain: Estimate, unit: str, other: str) -> str:
    """Say by how much something is over another, or below it, with the interval of that."""
    below = gain.value < 0
    if not below:
        numbers = [_signed(number, gain) for number in (gain.value, gain.low, gain.high)]
    else:
        numbers = [_signed(-number, gain).removeprefix("+")
                   for number in (gain.value, gain.high, gain.low)]  # fmt: skip
    within = "" if math.isnan(gain.low) else f" ({numbers[1]} to {numbers[2]})"
    return f"{numbers[0]} {unit}".rstrip() + f"{within} {'below' if below else 'over'} {other}"


def _decimals(bounds: Bounds, value: float = 1.0) -> int:
    """Decimals that an interval justifies, of a value in the billions below zero.

    An end beside zero has one more where it would be written as zero: on which side it is decides.
    """
    width = bounds.high - bounds.low
    if math.isnan(width) or width == 0:  # then two digits of what is smaller than one
        decimals, least = 1 - math.floor(math.log10(abs(value) or 1.0)), 2
    else:
        decimals, least = math.ceil(1 - math.log10(width)), 0 if width >= 100 else 1
    if decimals <= 2 - _MOST_DIGITS:
        return decimals
    decimals = max(least, decimals)
    hidden = any(0 < abs(end) < 0.5 * 10**-decimals for end in (bounds.low, bounds.high))
    return decimals + hidden


def _rounded(value: float, decimals: int, sign: str = "") -> str:
    """Format to so many decimals; with an exponent where these are many, or below zero."""
    rounded = round(value, decimals) + 0.0
    if 0 <= decimals <= _MOST_DECIMALS:
        return f"{rounded:{sign},.{decimals}f}"
    digits = decimals + math.floor(math.log10(abs(rounded))) if rounded else 0
    return f"{rounded:{sign}.{digits}e}" if rounded else f"{0:{sign}}"


def percent(value: Estimate) -> str:
    """Format a mean accuracy with its interval."""
    if math.isnan(value.low):
        return f"{value.value:.2f} %"
    return f"{value.value:.2f} % ({value.low:.2f} to {value.high:.2f})"


def short_percent(value: Estimate) -> str:
    """Format a mean accuracy with its interval, to a decimal and without the sign of percent."""
    if math.isnan(value.low):
        return f"{value.value:.1f}"
    return f"{value.value:.1f} ({value.low:.1f} to {value.high:.1f})"


def score(value: float) -> str:
    """Format a value without a unit to four digits, or as a whole number."""
    whole = 1e3 <= abs(value) < 10**_MOST_DIGITS
    return f"{value:,.0f}" if whole else f"{value:.4g}"


def about(value: float) -> str:
    """Format an approximate number to two digits, or to the ones where it has more: 0.012, 140."""
    return f"{value:.2g}" if abs(value) < 99.5 else f"{value:,.0f}"


def outcome(value: float, objective: Objective) -> str:
    """Format a value of the objective, given in percent of a share, else in its unit."""
    if objective.share:
        return f"{value:.2f} %"
    if not objective.unit:
        return score(value)
    if value and not 0.1 <= abs(value) < 10**_MOST_DIGITS:
        return f"{value:.4g} {objective.unit}"
    digits = len(f"{abs(value):.0f}")
    return f"{value:,.{max(0, 5 - digits)}f} {objective.unit}"


def mean(value: Estimate, objective: Objective) -> str:
    """Format a mean of the objective with its interval."""
    if objective.share:
        return percent(value)
    if math.isnan(value.low):
        return outcome(value.value, objective)
    decimals = _decimals(value)
    if decimals > 0:
        decimals = max(2, decimals)
    middle, low, high = (_rounded(one, decimals) for one in (value.value, value.low, value.high))
    return f"{middle}{in_unit(objective)} ({low} to {high})"


def heading(effects: Effects) -> str:
    """Name the column of what the effects are of."""
    return "parameter" if effects.levels else "technique"


def axis(name: str, objective: Objective) -> str:
    """Name an axis on which values of the objective are, with their unit."""
    unit = outcome_unit(objective)
    return f"{name}, {unit}" if unit else name


def outcome_unit(objective: Objective) -> str:
    """Name the unit of the values themselves, not of their differences."""
    return "%" if objective.share else objective.unit


def in_unit(objective: Objective) -> str:
    """Name the unit as it stands after a number; empty where it is unknown."""
    return f" {objective.unit}".rstrip()


def effect_unit(objective: Objective) -> str:
    """Name the unit of the effects: points of validation accuracy."""
    return f"{objective.unit} of {objective.name}" if objective.unit else objective.name


def if_less(objective: Objective) -> str:
    """Say after a name that less of it is better; empty where more is."""
    return "" if objective.maximize else " (less is better)"


def probability(value: float) -> str:
    """Format a probability in percent; never as 0 or 100 %, which draws cannot show."""
    if math.isnan(value):
        return UNKNOWN
    if value < 0.01:
        return "< 1 %"
    return "> 99 %" if value > 0.99 else f"{100 * value:.0f} %"


def p_value(value: float) -> str:
    """Format a p-value to three decimals."""
    if math.isnan(value):
        return UNKNOWN
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def parameters(cost: Estimate) -> str:
    """Format parameters added to the network, which no seed changes."""
    return UNKNOWN if math.isnan(cost.value) else f"{cost.value:+,.0f}"


def per_second(cost: Cost) -> str:
    """Format an effect for each second that the technique adds to an epoch."""
    value = cost.per_second
    if math.isnan(value):
        return UNKNOWN
    return f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.2g}"


def pays_from(row: EpochEffects) -> str:
    """Format the epoch from which a technique's interval excludes zero."""
    return "not clear" if row.pays_from is None else f"epoch {row.pays_from}"


def duration(seconds: float) -> str:
    """Format a duration, given in seconds, to the unit that suits its size."""
    if seconds < _SECONDS:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{round(hours / 24)} days"


def roughly(seconds: float) -> str:
    """Format a duration that is estimated, of which two digits are enough."""
    return duration(float(f"{seconds:.2g}") if seconds < _SECONDS else seconds)
