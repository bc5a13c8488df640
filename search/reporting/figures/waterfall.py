"""Steps from all off to all on: the effects, and the ladder where it was run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.effects import Effect, Effects
from search.analysis.ladder import Step
from search.reporting.figures.style import BLUE, GREY, VERMILION, label, rows_height, styled
from search.reporting.formatting import counted

_LADDER = "The ladder: steps in its order"


def figure(
    effects: Effects, order: Sequence[str], steps: Sequence[Step], unit: str, caption: str
) -> go.Figure:
    """Draw the effects in `order`, which sum to all on minus all off; below, the ladder's steps.

    Both begin at the value of all off, in the unit of the axis, or at zero where it cannot be
    estimated. Bars have their 95 % intervals.
    """
    known = [e for name in order for e in effects.effects
             if e.technique == name and not math.isnan(e.effect)]  # fmt: skip
    shown = [e.technique for e in known]
    ladder = [step.adds for step in steps[1:]]
    titles = [
        f"Mean over all orders: {counted(len(known), 'effect')}",
        *([_LADDER] if ladder else []),
    ]
    heights = [rows_height(["", *shown, ""], 26)]
    if ladder:
        heights.append(rows_height(["", *ladder, ""], 26))
    drawn = make_subplots(
        rows=len(heights), cols=1, subplot_titles=titles, shared_xaxes=True, row_heights=heights,
        vertical_spacing=60 / (sum(heights) + 60),
    )  # fmt: skip
    start = 0.0 if math.isnan(effects.baseline) else effects.baseline
    _panel(drawn, 1, start, [(e.technique, e.effect, e) for e in known])
    if ladder:
        first = start if math.isnan(effects.baseline) else steps[0].scaled.mean
        _panel(drawn, 2, first, [(step.adds, step.change, step) for step in steps[1:]])
    styled(drawn, title="From all off to all on", caption=caption, height=130 + sum(heights))
    drawn.update_layout(showlegend=False, bargap=0.25)
    drawn.update_xaxes(title=unit, row=len(heights))
    drawn.update_xaxes(showticklabels=True)
    return drawn


def _short(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def _panel(
    drawn: go.Figure, row: int, start: float, changes: list[tuple[str, float, Effect | Step]]
) -> None:
    ends = [start]
    for _, change, _ in changes:
        ends.append(ends[-1] + change)
    names = ["all off", *(label(name) for name, _, _ in changes), "all on"]
    names = [name if names.index(name) == at else f"{name} " for at, name in enumerate(names)]
    drawn.add_scatter(
        x=[ends[0], ends[-1]],
        y=[names[0], names[-1]],
        mode="markers+text",
        marker={
            "color": GREY,
            "symbol": "line-ns",
            "size": 16,
            "line": {"width": 3, "color": GREY},
        },
        text=[f" {_short(ends[0])}", f" {_short(ends[-1])}"],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        row=row,
        col=1,
    )
    for at, (name, change, bounds) in enumerate(changes):
        known = not math.isnan(bounds.low)
        drawn.add_bar(
            base=ends[at],
            x=[change],
            y=[names[at + 1]],
            orientation="h",
            marker={
                "color": BLUE if change >= 0 else VERMILION,
                "pattern": {
                    "shape": "" if change >= 0 else "/",
                    "fillmode": "overlay",
                    "fgcolor": "white",
                    "size": 6,
                },
            },
            error_x={
                "type": "data",
                "array": [bounds.high - change if known else 0],
                "arrayminus": [change - bounds.low if known else 0],
                "color": GREY,
                "thickness": 1.5,
            },
            customdata=[[bounds.low, bounds.high]],
            hovertemplate=f"{name}: {change:+.3g}<br>95 %: %{{customdata[0]:+.3~g}} to "
            "%{customdata[1]:+.3~g}<extra></extra>",
            row=row,
            col=1,
        )
    drawn.update_yaxes(categoryorder="array", categoryarray=names[::-1], row=row, col=1)
