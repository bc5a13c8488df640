"""What the figures share. Colours are Okabe & Ito's, told apart by the colour-blind."""

from __future__ import annotations

import plotly.graph_objects as go

BLUE = "#0072B2"
VERMILION = "#D55E00"
ORANGE = "#E69F00"
GREEN = "#009E73"
GREY = "#777777"

_LINE = "#d9d9d9"


def styled(figure: go.Figure, *, title: str, caption: str, height: int) -> go.Figure:
    """Give a figure its title, with what was run below it, and the common look."""
    figure.update_layout(
        template="none",
        title={"text": f"{title}<br><sub>{caption}</sub>", "x": 0, "xref": "paper"},
        font={"family": "system-ui, sans-serif", "size": 13, "color": "#222"},
        margin={"l": 20, "r": 20, "t": 90, "b": 60},
        height=height,
        paper_bgcolor="white",
        plot_bgcolor="white",
    )
    figure.update_xaxes(gridcolor=_LINE, zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=_LINE, zeroline=False, automargin=True)
    return figure
