"""Effects against the seconds that they add to an epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from search.analysis.costs import Cost
from search.analysis.effects import CERTAIN, Effect, Effects
from search.reporting.figures.sides import CORNERS, sides
from search.reporting.figures.style import (
    BLUE,
    GREY,
    LEGEND_WIDTH,
    VERMILION,
    as_wide_as,
    entries_height,
    error_bars,
    label,
    legend_below,
    styled,
    zero_line,
)

_Priced = tuple[Cost, Effect]

_COLOURS = {"helps": BLUE, "hurts": VERMILION}
_KEY = (
    "Filled marks: an effect that is clear, blue where it helps, orange where it hurts; hollow "
    "grey ones: it may be noise. Lines are 95 % intervals: one that crosses the line of "
    "0 seconds may cost nothing. {better} is better, right is dearer."
)
_NUMBERED = 12
"""Techniques with a number, a line of the legend and intervals; those of more would overlap."""


def figure(
    rows: Sequence[Cost],
    effects: Effects,
    unit: str,
    caption: str,
    timed_by: str = "an epoch",
    *,
    maximize: bool = True,
) -> go.Figure:
    """Draw a mark a technique with both 95 % intervals: more is higher, right is dearer.

    Effects that are not certain are hollow.
    """
    drawn = go.Figure()
    both = [(row, effects.of(row.technique)) for row in rows if not math.isnan(row.seconds.value)]
    both = [(row, effect) for row, effect in both if not math.isnan(effect.effect)]
    both, others = both[:_NUMBERED], both[_NUMBERED:]
    corners = _corners(both, others)
    for index, (row, effect) in enumerate(both):
        drawn.add_scatter(
            x=[row.seconds.value],
            y=[effect.effect],
            error_x=_bar(row.seconds.low, row.seconds.value, row.seconds.high),
            error_y=_bar(effect.low, effect.effect, effect.high),
            mode="markers+text",
            marker={
                "color": _COLOURS.get(effect.verdict, GREY),
                "symbol": "circle" if effect.verdict in CERTAIN else "circle-open",
                "size": 9,
                "line": {"width": 2, "color": _COLOURS.get(effect.verdict, GREY)},
            },
            text=[str(index + 1)],
            textposition=corners[index],
            textfont={"size": 14},
            name=label(f"{index + 1} {row.technique}", LEGEND_WIDTH),
            hovertemplate=f"{row.technique}: %{{y:+,.3~r}} for %{{x:+.2g}} s {timed_by}"
            "<extra></extra>",
        )
    if others:
        colours = [_COLOURS.get(effect.verdict, GREY) for _, effect in others]
        drawn.add_scatter(
            x=[row.seconds.value for row, _ in others],
            y=[effect.effect for _, effect in others],
            mode="markers",
            marker={"color": colours, "symbol": "x-thin", "size": 7,
                    "line": {"width": 1.5, "color": colours}},
            name=f"{len(others)} smaller effects",
            customdata=[row.technique for row, _ in others],
            hovertemplate=f"%{{customdata}}: %{{y:+,.3~r}} for %{{x:+.2g}} s {timed_by}"
            "<extra></extra>",
        )  # fmt: skip
    zero_line(drawn, x=0)
    zero_line(drawn, y=0)
    key = _KEY.format(better="Up" if maximize else "Down")
    styled(
        drawn,
        title="What each technique costs",
        caption=caption,
        height=420 + entries_height(drawn),
        key=key,
    )
    legend_below(drawn, stacked=True).update_layout(legend={"itemsizing": "constant"})
    drawn.update_xaxes(title=f"seconds added to {timed_by} (95 %)")
    drawn.update_yaxes(title=f"{unit} (95 %)")
    return as_wide_as(drawn, 700)


def _corners(both: Sequence[_Priced], others: Sequence[_Priced]) -> list[str]:
    """Choose the sides of the numbers."""
    marks, rest = (
        [(row.seconds.value, effect.effect) for row, effect in some] for some in (both, others)
    )
    spans = (
        _span([end for row, _ in both for end in (row.seconds.low, row.seconds.high)]),
        _span([end for _, effect in both for end in (effect.low, effect.high)]),
    )
    numbers = [str(index + 1) for index in range(len(both))]
    return sides(marks, numbers, CORNERS, spans, rest)


def _span(ends: Sequence[float]) -> float:
    known = [end for end in ends if not math.isnan(end)]
    return max(known) - min(known) if known else 0


def _bar(low: float, middle: float, high: float) -> dict[str, object]:
    return error_bars([(low, middle, high)], GREY, 1.2, width=3)
