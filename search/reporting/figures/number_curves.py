"""What the numbers of another program's study are worth, by their value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.number_curves import NumberCurve
from search.reporting.figures.log_axis import log_axis
from search.reporting.figures.style import BLUE, as_wide_as, label, styled, zero_line

_MOST = 8
"""Panels; of more numbers, those of the largest gain."""
_HEIGHT = 210
"""Pixels of a panel."""
_BAND, _BEST = "rgba(0, 114, 178, 0.2)", "rgba(128, 128, 128, 0.15)"


def figure(rows: Sequence[NumberCurve], unit: str, caption: str) -> go.Figure:
    """Draw a panel a number, all on one scale: its curve, the band, and the best values."""
    more = f"; the {_MOST} of the largest gain of {len(rows)} numbers" if len(rows) > _MOST else ""
    rows = rows[:_MOST]
    drawn = make_subplots(
        rows=len(rows), cols=1, vertical_spacing=0.35 / len(rows), shared_yaxes="all"
    )
    for line, row in enumerate(rows, start=1):
        values = list(row.values)
        drawn.add_scatter(
            x=[*values, *values[::-1]],
            y=[*(one.high for one in row.worth), *(one.low for one in reversed(row.worth))],
            fill="toself", fillcolor=_BAND, mode="lines", line={"width": 0}, hoverinfo="skip",
            row=line, col=1,
        )  # fmt: skip
        drawn.add_scatter(
            x=values,
            y=[one.value for one in row.worth],
            mode="lines",
            line={"color": BLUE, "width": 2},
            customdata=[(one.low, one.high) for one in row.worth],
            hovertemplate=f"{label(row.number.name)} %{{x:.3~g}}: %{{y:+,.3~r}}<br>95 %: "
            "%{customdata[0]:+,.3~r} to %{customdata[1]:+,.3~r}<extra></extra>",
            row=line,
            col=1,
        )
        if row.matters:
            drawn.add_vrect(
                x0=row.best_low, x1=row.best_high, fillcolor=_BEST, line_width=0, layer="below",
                row=line, col=1,
            )  # fmt: skip
        drawn.update_xaxes(title=label(row.number.name), row=line)
        if row.number.log:
            log_axis(drawn, values[0], values[-1], row=line)
    zero_line(drawn, y=0)
    styled(
        drawn, title="What the numbers are worth", caption=caption + more,
        height=80 + _HEIGHT * len(rows),
        key="Bands are 95 % intervals. Grey: the values that are not surely worse than the best.",
    )  # fmt: skip
    drawn.update_layout(showlegend=False)
    drawn.update_yaxes(range=_range(rows))
    drawn.update_yaxes(title=unit, row=(len(rows) + 1) // 2)
    return as_wide_as(drawn, 700)


def _range(rows: Sequence[NumberCurve]) -> tuple[float, float]:
    """The range of all curves and, as far as it is no wider than three times that, of the bands."""
    curves = [one.value for row in rows for one in row.worth]
    bands = [end for row in rows for one in row.worth for end in (one.low, one.high)
             if not math.isnan(end)]  # fmt: skip
    low, high = min(curves), max(curves)
    beside = high - low
    low, high = max(min([low, *bands]), low - beside), min(max([high, *bands]), high + beside)
    return low - 0.05 * (high - low), high + 0.05 * (high - low)
