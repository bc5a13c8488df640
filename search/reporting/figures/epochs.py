"""Effects of the techniques after each epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from search.analysis.epochs import EpochEffects
from search.reporting.figures.panels import epoch_axes, panels
from search.reporting.figures.style import BLUE, styled, zero_line

_BAND = "rgba(0, 114, 178, 0.2)"


def figure(rows: Sequence[EpochEffects], unit: str, caption: str) -> go.Figure:
    """Draw a panel a technique, on one scale.

    It shows the effect, the band of its 95 % intervals, and a mark at the epoch from which the band
    excludes zero to the end.
    """
    drawn, place = panels([row.technique for row in rows])
    for index, row in enumerate(rows):
        line, column = place(index)
        where = {"row": line, "col": column}
        epochs = list(row.epochs)
        if not math.isnan(row.low[-1]):
            drawn.add_scatter(
                x=[*epochs, *epochs[::-1]],
                y=[*row.high, *row.low[::-1]],
                fill="toself",
                fillcolor=_BAND,
                mode="lines",
                line={"width": 0},
                hoverinfo="skip",
                **where,
            )
        drawn.add_scatter(
            x=epochs,
            y=list(row.effect),
            mode="lines+markers" if len(epochs) < 2 else "lines",
            line={"color": BLUE, "width": 2},
            customdata=list(zip(row.low, row.high, strict=True)),
            hovertemplate=f"{row.technique}, epoch %{{x}}: %{{y:+.3~g}}<br>95 %: "
            "%{customdata[0]:+.3~g} to %{customdata[1]:+.3~g}<extra></extra>",
            **where,
        )
        if row.pays_from is not None:
            at = epochs.index(row.pays_from)
            drawn.add_scatter(
                x=[row.pays_from],
                y=[row.effect[at]],
                mode="markers",
                marker={"color": BLUE, "size": 9, "symbol": "circle"},
                hovertemplate=f"clear from epoch {row.pays_from}<extra></extra>",
                **where,
            )
    zero_line(drawn, y=0)
    lines = -(-len(rows) // 2)
    styled(drawn, title="From which epoch each effect is clear", caption=caption,
           height=110 + 150 * lines)  # fmt: skip
    drawn.update_layout(showlegend=False)
    epoch_axes(drawn, len(rows), rows[0].epochs)
    drawn.update_yaxes(title=unit, col=1)
    return drawn
