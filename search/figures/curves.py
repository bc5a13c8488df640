"""Learning curves with each technique on and off."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.curves import Curves
from search.figures.style import BLUE, GREY, styled

_COLUMNS = 2


def figure(rows: Sequence[Curves], caption: str) -> go.Figure:
    """A panel a technique, on one scale: the mean curve of the runs on each side."""
    lines = -(-len(rows) // _COLUMNS)
    drawn = make_subplots(
        rows=lines,
        cols=_COLUMNS,
        subplot_titles=[row.technique for row in rows],
        shared_xaxes="all",
        shared_yaxes="all",
        vertical_spacing=0.22 / max(lines, 1),
        horizontal_spacing=0.06,
    )
    for index, row in enumerate(rows):
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
                hovertemplate=f"{row.technique} {side}, epoch %{{x}}: %{{y:.2f}} %<extra></extra>",
                row=index // _COLUMNS + 1,
                col=index % _COLUMNS + 1,
            )
    styled(
        drawn,
        title="Learning curves, technique on and off",
        caption=caption,
        height=110 + 190 * lines,
    )
    drawn.update_layout(
        legend={"orientation": "h", "y": -75 / (190 * lines), "yanchor": "top", "x": 0},
    )
    drawn.update_xaxes(title="epoch", row=lines)
    drawn.update_yaxes(title="accuracy, %", col=1)
    return drawn
