"""The effect of each technique with its interval."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from search.analysis.effects import Effects
from search.figures.style import BLUE, GREY, VERMILION, styled

_MARKS = {
    "helps": (BLUE, "circle"),
    "hurts": (VERMILION, "diamond"),
    "not distinguishable from a change of seed": (GREY, "circle-open"),
    "no estimate": (GREY, "circle-open"),
}


def figure(fit: Effects, caption: str) -> go.Figure:
    """Points of accuracy, a row a technique, largest at the top; shape repeats the colour."""
    drawn = go.Figure()
    for verdict, (colour, symbol) in _MARKS.items():
        rows = [effect for effect in fit.effects if effect.verdict == verdict]
        if not rows:
            continue
        drawn.add_scatter(
            x=[row.effect for row in rows],
            y=[row.technique for row in rows],
            error_x={
                "type": "data",
                "array": [_length(row.high - row.effect) for row in rows],
                "arrayminus": [_length(row.effect - row.low) for row in rows],
                "color": colour,
                "thickness": 2,
            },
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 12, "line": {"width": 2}},
            name=verdict,
            customdata=[[row.low, row.high, row.p_value] for row in rows],
            hovertemplate="%{y}: %{x:+.2f} points<br>95 %: %{customdata[0]:+.2f} to "
            "%{customdata[1]:+.2f}<br>corrected p: %{customdata[2]:.3g}<extra></extra>",
        )
    drawn.add_vline(x=0, line={"color": "#222", "width": 1})
    styled(
        drawn,
        title="What each technique is worth",
        caption=caption,
        height=100 + 42 * len(fit.effects),
    )
    drawn.update_layout(legend={"orientation": "h", "y": -90 / (42 * len(fit.effects)), "x": 0})
    drawn.update_xaxes(title="points of validation accuracy (95 %)")
    drawn.update_yaxes(
        categoryorder="array", categoryarray=[row.technique for row in reversed(fit.effects)]
    )
    return drawn


def _length(value: float) -> float:
    return 0.0 if math.isnan(value) else value
