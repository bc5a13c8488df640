"""What the figures share. Colours are Okabe & Ito's, told apart by the colour-blind."""

from __future__ import annotations

from textwrap import wrap

import plotly.graph_objects as go

BLUE = "#0072B2"
VERMILION = "#D55E00"
ORANGE = "#E69F00"
GREEN = "#009E73"
GREY = "#777777"

_LINE = "#d9d9d9"
_CAPTION_WIDTH = 76
"""Characters that fit beside each other on a phone."""


def styled(figure: go.Figure, *, title: str, caption: str, height: int) -> go.Figure:
    """Give a figure its title, with what was run below it, and the common look."""
    lines = wrap(caption, _CAPTION_WIDTH)
    subtitle = "".join(f"<br><sub>{line}</sub>" for line in lines)
    top = 70 + 20 * len(lines)
    figure.update_layout(
        template="none",
        title={
            "text": title + subtitle,
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": 10, "t": 24},
        },
        font={"family": "system-ui, sans-serif", "size": 13, "color": "#222"},
        margin={"l": 20, "r": 20, "t": top, "b": 75},
        height=height + top,
        paper_bgcolor="white",
        plot_bgcolor="white",
    )
    figure.update_xaxes(gridcolor=_LINE, zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=_LINE, zeroline=False, automargin=True)
    return figure
