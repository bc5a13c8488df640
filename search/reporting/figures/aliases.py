"""Correlations of the techniques and their pairs over the runs, as a heat map."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from search.analysis.aliases import AliasStructure
from search.reporting.figures.style import as_wide_as, columns, start, styled

MOST = 60
"""Terms that a heat map has room for."""
_SCALE = [(0, "rgba(128, 128, 128, 0.12)"), (0.5, "#56B4E9"), (1, "#0072B2")]
_KEY = "A dark cell off the diagonal joins two that these runs cannot tell apart."
_SEEN = 0.005
_LONGEST = 26
"""Characters of a term's name beside the map."""


def figure(aliases: AliasStructure, caption: str) -> go.Figure:
    """Draw a cell two terms: the size of their correlation, 1 where no run tells them apart."""
    sizes = np.abs(aliases.correlations)
    count = len(aliases.terms)
    short = (name if columns(name) <= _LONGEST else f"{start(name, _LONGEST)}…"
             for name in aliases.terms)  # fmt: skip
    names = [name.replace("<", "&lt;") for name in short]
    drawn = go.Figure(
        go.Heatmap(
            z=np.round(sizes, 3).tolist(),
            x=list(aliases.terms),
            y=list(aliases.terms),
            textfont={"size": 9},
            hovertemplate="%{y} and %{x}: %{z:.2g}<extra></extra>",
            colorscale=_SCALE,
            zmin=0,
            zmax=1,
            xgap=1,
            ygap=1,
            showscale=aliases.largest_partial > _SEEN,
            colorbar={
                "title": {"text": "size of the correlation", "side": "top"},
                "thickness": 12,
                "orientation": "h",
                "y": -70 / (16 * count),
                "yanchor": "top",
            },
        )
    )
    styled(drawn, title="What the design tells apart", caption=caption, height=120 + 16 * count,
           key=_KEY)  # fmt: skip
    if drawn.data[0].showscale:
        drawn.update_layout(margin={"b": 150}, height=drawn.layout.height + 75)
    drawn.update_yaxes(tickvals=list(range(count)), ticktext=names, range=[count - 0.5, -0.5],
                       showgrid=False, ticks="", tickfont={"size": 10})  # fmt: skip
    drawn.update_xaxes(showticklabels=False, showgrid=False, ticks="", range=[-0.5, count - 0.5],
                       title="the same, in the same order")  # fmt: skip
    return as_wide_as(drawn, 420 + 16 * count)
