"""Effects of the techniques after each epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from search.analysis.epochs import EpochEffects
from search.reporting.figures.panels import epoch_axes, panels, panels_height
from search.reporting.figures.style import BLUE, VERMILION, error_bars, styled, zero_line

_BAND = "rgba(0, 114, 178, 0.2)"


_KEY = (
    "Bands are 95 % intervals. A dot marks the epoch from which the band stays clear of zero, a "
    "diamond one at which an effect turns its sign."
)
_BOTH = " Blue: the short runs; orange: the long ones."
_LONG_BAND = "rgba(213, 94, 0, 0.2)"


def figure(
    rows: Sequence[EpochEffects], unit: str, caption: str, longer: Sequence[EpochEffects] = ()
) -> go.Figure:
    """Draw a panel a technique, on one scale.

    It shows the effect, the band of its 95 % intervals, and a mark at the epoch from which the band
    excludes zero to the end; where the effect turns its sign, a diamond at that epoch with its
    interval. `longer` are the effects of runs at a longer budget, in another colour.
    """
    names = [row.technique for row in rows]
    drawn, place = panels(names)
    places = {name: index for index, name in enumerate(names)}
    lines = [(row, BLUE, _BAND, "") for row in rows]
    lines += [(row, VERMILION, _LONG_BAND, ", long runs") for row in longer
              if row.technique in places]  # fmt: skip
    for row, colour, band, of in lines:
        line, column = place(places[row.technique])
        _draw(drawn, row, colour, band, of, {"row": line, "col": column})
    zero_line(drawn, y=0)
    styled(drawn, title="From which epoch each effect is clear", caption=caption,
           height=80 + panels_height(names), key=_KEY + (_BOTH if longer else ""))  # fmt: skip
    drawn.update_layout(showlegend=False)
    epoch_axes(drawn, len(rows), max((row.epochs for row in (*rows, *longer)), key=len))
    drawn.update_yaxes(title=unit, col=1)
    return drawn


def _draw(
    drawn: go.Figure, row: EpochEffects, colour: str, band: str, of: str, where: Mapping[str, int]
) -> None:
    """Draw the line of a technique, with its band and marks, in one panel."""
    epochs = list(row.epochs)
    if not math.isnan(row.low[-1]):
        drawn.add_scatter(
            x=[*epochs, *epochs[::-1]],
            y=[*row.high, *row.low[::-1]],
            fill="toself",
            fillcolor=band,
            mode="lines",
            line={"width": 0},
            hoverinfo="skip",
            **where,
        )
    drawn.add_scatter(
        x=epochs,
        y=list(row.effect),
        mode="lines+markers" if len(epochs) < 2 else "lines",
        line={"color": colour, "width": 2},
        customdata=list(zip(row.low, row.high, strict=True)),
        hovertemplate=f"{row.technique}{of}, epoch %{{x}}: %{{y:+,.3~r}}<br>95 %: "
        "%{customdata[0]:+,.3~r} to %{customdata[1]:+,.3~r}<extra></extra>",
        **where,
    )
    if row.pays_from is not None:
        at = epochs.index(row.pays_from)
        drawn.add_scatter(
            x=[row.pays_from],
            y=[row.effect[at]],
            mode="markers",
            marker={"color": colour, "size": 9, "symbol": "circle"},
            hovertemplate=f"clear from epoch {row.pays_from}<extra></extra>",
            **where,
        )
    if row.turn is not None:
        drawn.add_scatter(
            x=[row.turn.epoch],
            y=[0],
            error_x=error_bars([(row.turn.low, row.turn.epoch, row.turn.high)], colour, 2),
            mode="markers",
            marker={"color": colour, "size": 10, "symbol": "diamond-open"},
            hovertemplate=f"turns its sign at epoch {row.turn.epoch} (95 %: {row.turn.low} to "
            f"{row.turn.high})<extra></extra>",
            **where,
        )
