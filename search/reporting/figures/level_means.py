"""Means with a technique off and on, and with two of them off and on."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from search.analysis.level_means import LevelMean, LevelMeans
from search.reporting.figures.panels import panels, panels_height
from search.reporting.figures.style import BLUE, GREY, error_bars, legend_below, styled

MOST_PAIRS = 8
"""Panels; of more pairs, those with the largest interactions."""
_STEEP = "The steeper the line, the larger the effect; all panels have one scale."
_PARALLEL = (
    "The further the two lines are from parallel, the more the worth of either technique depends "
    "on the other. Grey: the second technique is off, blue: it is on."
)
_SIDES = ("off", "on")
_APART = 0.06
"""Distance of two lines' marks, so that their intervals do not lie on each other."""


def main_effects(rows: Sequence[LevelMeans], unit: str, caption: str) -> go.Figure:
    """Draw a panel a technique, all on one scale: the mean with it off and with it on."""
    names = [row.techniques[0] for row in rows]
    drawn, place = panels(names)
    for index, row in enumerate(rows):
        _line(drawn, row.means, BLUE, "solid", "", place(index), 0, row.techniques[0])
    return _framed(drawn, rows, names, "Main effects", unit, caption, _STEEP)


def interaction_plots(rows: Sequence[LevelMeans], unit: str, caption: str) -> go.Figure:
    """Draw a panel a pair, all on one scale: the first technique off and on, at each side of the
    second."""
    more = f"; the {MOST_PAIRS} largest of {len(rows)} pairs" if len(rows) > MOST_PAIRS else ""
    rows = rows[:MOST_PAIRS]
    titles = [f"{first} × {second}" for first, second in (row.techniques for row in rows)]
    drawn, place = panels(titles)
    for index, row in enumerate(rows):
        for second, colour, dash in ((False, GREY, "dash"), (True, BLUE, "solid")):
            means = [one for one in row.means if one.on[1] == second]
            name = f"second technique {_SIDES[second]}"
            _line(drawn, means, colour, dash, name, place(index), _APART * (second - 0.5),
                  f"{row.techniques[1]} {_SIDES[second]}, {row.techniques[0]}",
                  legend=index == 0)  # fmt: skip
    drawn = _framed(drawn, rows, titles, "Interaction plots", unit, caption + more, _PARALLEL)
    drawn.layout.height += 30
    return legend_below(drawn)


def _line(
    drawn: go.Figure, means: Sequence[LevelMean], colour: str, dash: str, name: str,
    place: tuple[int, int], shift: float, said: str, *, legend: bool = False,
) -> None:  # fmt: skip
    drawn.add_scatter(
        x=[one.on[0] + shift for one in means],
        y=[one.mean for one in means],
        error_y=error_bars([(one.low, one.mean, one.high) for one in means], colour, 1.5),
        mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 2},
        marker={"size": 8},
        name=name,
        legendgroup=name,
        showlegend=legend,
        customdata=[[_SIDES[one.on[0]], one.low, one.high] for one in means],
        hovertemplate=f"{said} %{{customdata[0]}}: %{{y:,.4~r}}<br>95 %: "
        "%{customdata[1]:,.4~r} to %{customdata[2]:,.4~r}<extra></extra>",
        row=place[0],
        col=place[1],
    )


def _framed(
    drawn: go.Figure,
    rows: Sequence[LevelMeans],
    names: Sequence[str],
    title: str,
    unit: str,
    caption: str,
    key: str,
) -> go.Figure:
    styled(drawn, title=title, caption=caption, height=80 + panels_height(names), key=key)
    drawn.update_layout(showlegend=False)
    drawn.update_xaxes(tickvals=[0, 1], ticktext=list(_SIDES), range=[-0.35, 1.35])
    drawn.update_xaxes(showticklabels=True)
    ends = [end for row in rows for one in row.means for end in (one.mean, one.low, one.high)
            if end == end]  # fmt: skip
    beside = 0.06 * (max(ends) - min(ends))
    # Plotly finds no range of its own for panels that share an axis whose range is given.
    drawn.update_yaxes(range=[min(ends) - beside, max(ends) + beside])
    drawn.update_yaxes(title=unit, col=1)
    return drawn
