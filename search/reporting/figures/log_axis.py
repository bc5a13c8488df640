"""The numbers below a logarithmic axis."""

from __future__ import annotations

import math

import plotly.graph_objects as go

_MOST_TICKS = 7
"""Numbers that fit below a panel on a phone."""


def log_axis(figure: go.Figure, low: float, high: float, **where: int) -> None:
    """Make an axis logarithmic, with as many of 1, 2, 5, 10, … from low to high as have room."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for digits, step in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
        found = [float(f"{digit}e{power}") for power in powers[::step] for digit in digits]
        ticks = [tick for tick in found if low <= tick <= high]
        if len(ticks) <= _MOST_TICKS:
            break
    figure.update_xaxes(
        type="log", tickvals=ticks, ticktext=[_short(tick) for tick in ticks], **where
    )


def _short(value: float) -> str:
    """0.01 and 3e-4, as people write learning rates."""
    if 1e-3 <= value < 1e5:
        return f"{value:g}"
    digit, power = f"{value:.0e}".split("e")
    return f"{digit}e{int(power)}"
