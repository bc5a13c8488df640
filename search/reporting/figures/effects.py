"""Effects of the techniques with their intervals."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from search.analysis.effects import Effects
from search.reporting.figures.style import (
    BLUE,
    GREY,
    VERMILION,
    error_bars,
    label,
    legend_below,
    rows_height,
    styled,
    zero_line,
)
from search.reporting.formatting import heading

_MARKS = {
    "helps": (BLUE, "circle"),
    "hurts": (VERMILION, "diamond"),
    "no clear effect": (GREY, "circle-open"),
    "not yet": (GREY, "square-open"),
    "no estimate": (GREY, "x-thin-open"),
}

_KEY = (
    "A mark is the effect, the line through it its 95 % interval. Hollow grey marks may be noise."
)
_WAITING = " Squares: verdicts follow when all planned runs are in."


def figure(effects: Effects, unit: str, caption: str) -> go.Figure:
    """Draw a row a technique or level, largest at the top. `unit` names the axis.

    Colour and shape both show the verdict.
    """
    known = [effect for effect in effects.effects if not math.isnan(effect.effect)]
    drawn = go.Figure()
    for verdict, (colour, symbol) in _MARKS.items():
        rows = [effect for effect in known if effect.verdict == verdict]
        if not rows:
            continue
        drawn.add_scatter(
            x=[row.effect for row in rows],
            y=[label(row.technique) for row in rows],
            error_x=error_bars([(row.low, row.effect, row.high) for row in rows], colour, 2),
            mode="markers",
            marker={
                "color": colour,
                "symbol": symbol,
                "size": 12,
                "line": {"width": 2, "color": colour},
            },
            name=verdict,
            customdata=[[row.low, row.high, row.p_value, row.technique] for row in rows],
            hovertemplate="%{customdata[3]}: %{x:+,.3~r}<br>95 %: %{customdata[0]:+,.3~r} to "
            "%{customdata[1]:+,.3~r}<br>corrected p: %{customdata[2]:.3g}<extra></extra>",
        )
    zero_line(drawn, x=0)
    names = [row.technique for row in known]
    height = rows_height(names)
    # One verdict below the other, as a phone would put them, so that there is room for all.
    legend = 20 * len(drawn.data)
    styled(
        drawn,
        title=f"What each {heading(effects)} is worth",
        caption=caption,
        height=80 + height + legend,
        key=_KEY + (_WAITING if not effects.look.complete else ""),
    )
    legend_below(drawn, stacked=True)
    drawn.update_xaxes(title=f"{unit} (95 % interval)")
    drawn.update_yaxes(categoryorder="array", categoryarray=[label(name) for name in names[::-1]])
    return drawn
