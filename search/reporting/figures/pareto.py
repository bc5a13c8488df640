"""Sizes of all effects and interactions, each beside the limit of noise (a Pareto chart)."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from search.analysis.contrast_sizes import ContrastSize
from search.reporting.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    label,
    rows_height,
    styled,
)

MOST = 30
"""Bars; the smallest of more are left out."""
_NONE = "rgba(0, 0, 0, 0)"


def figure(
    rows: Sequence[ContrastSize], unit: str, caption: str, *, maximize: bool = True
) -> go.Figure:
    """Draw a bar a technique or pair, largest at the top, with a mark at its limit of noise."""
    left_out = f"; the {MOST} largest of {len(rows)}" if len(rows) > MOST else ""
    rows = rows[:MOST]
    drawn = go.Figure()
    for kind, colour, pattern in (
        ("helps", BLUE, ""),
        ("hurts", VERMILION, "/"),
        ("clear interaction", PURPLE, "x"),
        ("not clear", None, ""),
    ):
        places = [at for at, row in enumerate(rows) if _kind(row, maximize) == kind]
        if not places:
            continue
        drawn.add_bar(
            x=[abs(rows[at].effect) for at in places],
            y=places,
            orientation="h",
            marker={
                "color": colour or _NONE,
                "line": {"color": colour or GREY, "width": 1.5},
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white",
                            "size": 6},
            },
            name=kind,
            text=[_signed(rows[at]) for at in places],
            textposition="outside",
            cliponaxis=False,
            customdata=[[rows[at].name, rows[at].effect, rows[at].limit] for at in places],
            hovertemplate="%{customdata[0]}: %{customdata[1]:+.3~g}<br>limit of noise: "
            "%{customdata[2]:.3~g}<extra></extra>",
        )  # fmt: skip
    drawn.add_scatter(
        x=[row.limit for row in rows],
        y=list(range(len(rows))),
        mode="markers",
        marker={"symbol": "line-ns", "size": 18, "line": {"color": ORANGE, "width": 3}},
        name="limit of noise",
        hoverinfo="skip",
    )
    names = [label(row.short) for row in rows]
    height = rows_height([row.short for row in rows], 26)
    styled(drawn, title="What stands out of the noise", caption=caption + left_out,
           height=90 + height)  # fmt: skip
    most = max(max(abs(row.effect), row.limit) for row in rows)
    drawn.update_layout(
        legend={"orientation": "h", "y": -80 / height, "yanchor": "top", "x": 0},
        showlegend=True, bargap=0.3, barmode="overlay",
    )  # fmt: skip
    drawn.update_xaxes(title=f"{unit}, without sign", range=[0, 1.17 * most])
    drawn.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.5],
        showgrid=False,
    )  # fmt: skip
    return drawn


def _kind(row: ContrastSize, maximize: bool) -> str:
    if not row.clear:
        return "not clear"
    if row.pair:
        return "clear interaction"
    return "helps" if (row.effect > 0) == maximize else "hurts"


def _signed(row: ContrastSize) -> str:
    decimals = 1 if row.error >= 0.1 else 2 if row.error >= 0.01 else 4
    return f"{row.effect:+.{decimals}f}"
