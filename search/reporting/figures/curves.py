"""Learning curves with each technique on and off."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from search.analysis.curves import Curves
from search.reporting.figures.panels import epoch_axes, panels, panels_height
from search.reporting.figures.style import BLUE, GREY, legend_below, styled


def figure(rows: Sequence[Curves], objective: str, caption: str) -> go.Figure:
    """Draw a panel a technique, on one scale: the mean curves of the runs with it and without."""
    names = [row.technique for row in rows]
    drawn, place = panels(names)
    for index, row in enumerate(rows):
        line, column = place(index)
        for side, values, colour, dash in (
            ("on", row.on, BLUE, "solid"),
            ("off", row.off, GREY, "dash"),
        ):
            drawn.add_scatter(
                x=list(row.epochs),
                y=list(values),
                mode="lines+markers" if len(row.epochs) < 2 else "lines",
                line={"color": colour, "dash": dash, "width": 2},
                name=side,
                legendgroup=side,
                showlegend=index == 0,
                hovertemplate=f"{row.technique} {side}, epoch %{{x}}: %{{y:,.4~r}}<extra></extra>",
                row=line,
                col=column,
            )
    styled(drawn, title="Learning curves, technique on and off", caption=caption,
           height=80 + panels_height(names))  # fmt: skip
    legend_below(drawn)
    epoch_axes(drawn, len(rows), rows[0].epochs)
    drawn.update_yaxes(title=objective, col=1)
    return drawn
