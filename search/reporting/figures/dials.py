"""The objective against each dial that the search turned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.dials import DialTrend
from search.reporting.figures.log_axis import log_axis
from search.reporting.figures.style import BLUE, GREY, as_wide_as, legend_below, styled

_TITLE_WIDTH = 14
"""Characters that fit beside a panel."""


def figure(rows: Sequence[DialTrend], objective: str, caption: str) -> go.Figure:
    """Draw a panel a dial: whole runs as dots, pruned ones as crosses at their last epoch."""
    drawn = make_subplots(
        rows=len(rows), cols=1, vertical_spacing=0.35 / len(rows),
    )  # fmt: skip
    for line, row in enumerate(rows, start=1):
        for pruned, name, marker in (
            (False, "whole run", {"color": BLUE, "symbol": "circle", "size": 9}),
            (True, "pruned, at its last epoch",
             {"color": GREY, "symbol": "x-thin", "size": 8, "line": {"width": 2, "color": GREY}}),
        ):  # fmt: skip
            runs = [run for run in row.runs if run.pruned == pruned]
            drawn.add_scatter(
                x=[run.value for run in runs],
                y=[run.reached for run in runs],
                mode="markers",
                marker=marker,
                name=name,
                legendgroup=name,
                showlegend=line == 1,
                text=[f"run {run.number}" for run in runs],
                hovertemplate="%{text}: %{y:,.4~r} at %{x:.3g}<extra></extra>",
                row=line,
                col=1,
            )
        low, high = row.dial.low, row.dial.high
        if row.dial.log and low > 0:
            low, high = math.log10(low), math.log10(high)
        beside = 0.03 * (high - low)
        drawn.update_xaxes(title=row.dial.name, range=[low - beside, high + beside], row=line)
        if row.dial.log:
            log_axis(drawn, row.dial.low, row.dial.high, row=line)
    styled(
        drawn, title="Dials", caption=caption, height=90 + 230 * len(rows),
        key="Each axis is the dial's range, from its low value to its high one.",
    )  # fmt: skip
    legend_below(drawn)
    drawn.update_yaxes(title="<br>".join(wrap(objective, _TITLE_WIDTH)))
    return as_wide_as(drawn, 700)
