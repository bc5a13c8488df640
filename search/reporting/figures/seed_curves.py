"""Learning curves of one recipe: the mean and the band of its seeds."""

from __future__ import annotations

import plotly.graph_objects as go

from search.analysis.seed_curves import Band, SeedCurves
from search.reporting.figures.style import BLUE, VERMILION, legend_below, styled

_FEW = 10
"""Epochs up to which each has a tick, as Plotly would add ticks at half epochs."""


def figure(curves: SeedCurves, objective: str, caption: str) -> go.Figure:
    """Draw the validation curve and, where it was kept, the training curve, on the named axis."""
    drawn = go.Figure()
    if curves.training is not None:
        _add(drawn, curves, curves.training, "training", VERMILION, "rgba(213, 94, 0, 0.2)")
    _add(drawn, curves, curves.validation, "validation", BLUE, "rgba(0, 114, 178, 0.2)")
    styled(drawn, title="Learning curves of the recommended recipe", caption=caption, height=370)
    legend_below(drawn)
    drawn.update_xaxes(title="epoch", dtick=1 if len(curves.epochs) <= _FEW else None)
    drawn.update_yaxes(title=objective)
    return drawn


def _add(
    drawn: go.Figure, curves: SeedCurves, band: Band, name: str, colour: str, shade: str
) -> None:
    epochs = list(curves.epochs)
    if curves.runs > 1:
        drawn.add_scatter(
            x=[*epochs, *epochs[::-1]],
            y=[*band.high, *band.low[::-1]],
            fill="toself",
            fillcolor=shade,
            mode="lines",
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
    drawn.add_scatter(
        x=epochs,
        y=list(band.mean),
        mode="lines+markers" if len(epochs) < 2 else "lines",
        line={"color": colour, "width": 2},
        name=name,
        customdata=list(zip(band.low, band.high, strict=True)),
        hovertemplate=f"{name}, epoch %{{x}}: %{{y:,.4~r}}<br>seeds: %{{customdata[0]:,.4~r}} to "
        "%{customdata[1]:,.4~r}<extra></extra>",
    )
