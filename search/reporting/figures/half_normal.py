"""Effects and interactions in standard errors, against what noise alone would give."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from search.analysis.contrast_sizes import ContrastSize
from search.reporting.figures.style import (
    BLUE,
    GREY,
    LEGEND_WIDTH,
    PURPLE,
    entries_height,
    label,
    legend_below,
    styled,
)

_KEY = (
    "What lies along the grey line is noise; what rises above it, and above its dashed limit, is "
    "not."
)
_NUMBERED = 12
"""Effects with a number and a line of the legend."""
_CORNERS = ("top center", "bottom center")
"""Sides of the marks for their numbers, so that those of neighbours do not overlap."""


def figure(rows: Sequence[ContrastSize], caption: str) -> go.Figure:
    """Draw a dot an effect and a square an interaction, those that are clear with a number.

    Noise alone would lie along the diagonal (Daniel 1959). The dashed lines are the limits from
    which a technique, and a pair, is clear.
    """
    drawn = go.Figure()
    furthest = 1.08 * max(row.expected for row in rows)
    drawn.add_scatter(
        x=[0, furthest], y=[0, furthest], mode="lines", line={"color": GREY, "width": 1.5},
        name="noise alone", hoverinfo="skip",
    )  # fmt: skip
    for pair, dash, name in ((False, "dash", "technique"), (True, "dot", "pair")):
        limits = [row.limit / row.error for row in rows if row.pair == pair]
        if limits:
            limit = sorted(limits)[len(limits) // 2]
            drawn.add_scatter(
                x=[0, furthest], y=[limit, limit], mode="lines",
                line={"color": PURPLE if pair else BLUE, "width": 1.5, "dash": dash},
                name=f"limit of a {name}", hoverinfo="skip",
            )  # fmt: skip
    clear = [row for row in rows if row.clear]
    clear.sort(key=lambda row: -row.t)
    for pair, colour, symbol, name in (
        (False, BLUE, "circle", "techniques"),
        (True, PURPLE, "square", "pairs"),
    ):
        for some, filled, which in (
            ([row for row in rows if not row.clear], "-open", "not clear"),
            (clear[_NUMBERED:], "", "clear too"),
        ):
            rest = [row for row in some if row.pair == pair]
            if rest:
                drawn.add_scatter(
                    x=[row.expected for row in rest], y=[row.t for row in rest], mode="markers",
                    marker={"color": colour, "symbol": f"{symbol}{filled}", "size": 8,
                            "line": {"width": 1.5, "color": colour}},
                    name=f"{name}, {which}",
                    customdata=[[row.name, row.effect] for row in rest],
                    hovertemplate=_HOVER,
                )  # fmt: skip
    for number, row in enumerate(clear[:_NUMBERED], start=1):
        drawn.add_scatter(
            x=[row.expected], y=[row.t], mode="markers+text",
            marker={"color": PURPLE if row.pair else BLUE, "size": 9,
                    "symbol": "square" if row.pair else "circle"},
            text=[str(number)], textposition=_CORNERS[number % 2], textfont={"size": 14},
            name=label(f"{number} {row.short}", LEGEND_WIDTH), customdata=[[row.name, row.effect]],
            hovertemplate=_HOVER,
        )  # fmt: skip
    styled(
        drawn,
        title="Half-normal plot of the effects",
        caption=caption,
        height=480 + entries_height(drawn),
        key=_KEY,
    )
    legend_below(drawn, stacked=True).update_layout(legend={"itemsizing": "constant"})
    drawn.update_xaxes(title="expected of noise alone", rangemode="tozero")
    drawn.update_yaxes(title="size, in standard errors", rangemode="tozero")
    return drawn


_HOVER = "%{customdata[0]}: %{customdata[1]:+,.3~r}<br>%{y:,.3~r} standard errors<extra></extra>"
