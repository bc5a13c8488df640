"""Learning curves of the networks of a final training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from search.reporting.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    VERMILION,
    legend_below,
    styled,
)

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, GREY)
_FEW = 10
"""Epochs up to which each has a tick, as Plotly would add ticks at half epochs."""


def figure(curves: Mapping[int, Sequence[float]], objective: str, caption: str) -> go.Figure:
    """Draw a line a seed: the objective on the training images after each epoch.

    `curves` are in the unit of the axis, which `objective` names. The images are neither augmented
    nor mixed. The distance from a line's end to the test result shows how far the network overfits.
    """
    drawn = go.Figure()
    longest = max(len(curve) for curve in curves.values())
    for index, (seed, curve) in enumerate(curves.items()):
        drawn.add_scatter(
            x=list(range(1, len(curve) + 1)),
            y=list(curve),
            mode="lines+markers" if longest < 2 else "lines",
            line={"color": _COLOURS[index % len(_COLOURS)], "width": 2},
            name=f"seed {seed}",
            hovertemplate=f"seed {seed}, epoch %{{x}}: %{{y:,.4~r}}<extra></extra>",
        )
    styled(drawn, title="Learning curves on the training images", caption=caption, height=370)
    legend_below(drawn)
    drawn.update_xaxes(title="epoch", dtick=1 if longest <= _FEW else None)
    drawn.update_yaxes(title=objective)
    return drawn
