"""Sizes of all effects and interactions, each beside the limit of noise (a Pareto chart)."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from search.analysis.contrast_sizes import ContrastSize
from search.analysis.estimate import Estimate
from search.reporting.figures.style import (
    BLUE,
    GREY,
    PURPLE,
    VERMILION,
    label,
    legend_below,
    styled,
)
from search.reporting.formatting import signed

MOST = 20
"""Bars; the smallest of more are left out."""
_KEY = "A bar that passes its own mark is clear; one that ends before it could be noise."
_NUMBER = 0.25
"""Width of a number on a phone, beside that of the longest bar."""
_CHARACTER = 0.037
"""Width of a character on a phone, beside that of the plot."""
_MARGIN = 0.1
_NONE = "rgba(0, 0, 0, 0)"


def figure(
    rows: Sequence[ContrastSize], unit: str, caption: str, *, maximize: bool = True
) -> go.Figure:
    """Draw a bar a technique or pair, largest at the top, with a mark at its limit of noise."""
    left_out = f"; the {MOST} largest of {len(rows)}" if len(rows) > MOST else ""
    rows = rows[:MOST]
    drawn = go.Figure()
    _add_bars(drawn, rows, maximize)
    _add_limits(drawn, rows)
    most = max(max(abs(row.effect), row.limit) for row in rows)
    longest = max(len(_signed(row)) for row in rows)
    beside = max(0.17, _CHARACTER * (longest + 1) - _MARGIN)
    wide = max(_NUMBER, _CHARACTER * (longest + 1) / (1 - beside))
    _add_numbers(drawn, rows, wide * most)
    names = [label(row.short) for row in rows]
    lines = 1 + max(name.count("<br>") for name in names)
    height = len(rows) * (11 + 13 * lines)
    entries = sum(trace.showlegend is not False for trace in drawn.data)
    legend = 20 * entries
    styled(drawn, title="What stands out of the noise", caption=caption + left_out,
           height=90 + height + legend, key=_KEY)  # fmt: skip
    legend_below(drawn, stacked=True).update_layout(barmode="overlay")
    drawn.update_xaxes(title=f"{unit}, without sign", range=[0, most / (1 - beside)])
    drawn.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.5],
        showgrid=False, tickfont={"size": 11},
    )  # fmt: skip
    return drawn


def _add_bars(drawn: go.Figure, rows: Sequence[ContrastSize], maximize: bool) -> None:
    for kind, colour, pattern in (
        ("helps", BLUE, ""),
        ("hurts", VERMILION, "/"),
        ("clear interaction", PURPLE, ""),
        ("not clear", None, ""),
    ):
        places = [at for at, row in enumerate(rows) if _kind(row, maximize) == kind]
        if not places:
            continue
        drawn.add_bar(
            x=[abs(rows[at].effect) for at in places],
            y=places,
            orientation="h",
            width=0.7,
            marker={
                "color": colour or _NONE,
                "line": {"color": colour or GREY, "width": 1.5},
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "white",
                            "size": 6},
            },
            name=kind,
            customdata=[[rows[at].name, rows[at].effect, rows[at].limit] for at in places],
            hovertemplate="%{customdata[0]}: %{customdata[1]:+,.3~r}<br>limit of noise: "
            "%{customdata[2]:,.3~r}<extra></extra>",
        )  # fmt: skip


def _add_limits(drawn: go.Figure, rows: Sequence[ContrastSize]) -> None:
    # A light line behind the dark one shows on dark bars, and on a dark page.
    limits, places = [row.limit for row in rows], list(range(len(rows)))
    for colour, width, in_legend in (("white", 6, False), ("#111", 2.5, False), (GREY, 2.5, True)):
        drawn.add_scatter(
            x=[None] if in_legend else limits,
            y=[None] if in_legend else places,
            mode="markers",
            marker={"symbol": "line-ns", "size": 19, "line": {"color": colour, "width": width}},
            name="limit of noise",
            legendgroup="limit of noise",
            showlegend=in_legend,
            hoverinfo="skip",
        )


def _add_numbers(drawn: go.Figure, rows: Sequence[ContrastSize], width: float) -> None:
    """Write each effect, at most so wide on the axis, behind what is drawn of it."""
    # A number stands behind its bar, or behind the mark that it would cover.
    drawn.add_scatter(
        x=[_after(row, width) for row in rows],
        y=list(range(len(rows))),
        mode="text",
        text=[f"\u00a0{_signed(row)}" for row in rows],
        textposition="middle right",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )


def _kind(row: ContrastSize, maximize: bool) -> str:
    if not row.clear:
        return "not clear"
    if row.pair:
        return "clear interaction"
    return "helps" if (row.effect > 0) == maximize else "hurts"


def _after(row: ContrastSize, wide: float) -> float:
    size = abs(row.effect)
    return row.limit if size < row.limit < size + wide else size


def _signed(row: ContrastSize) -> str:
    beside = 2 * row.error
    return signed(Estimate(row.effect, -beside, beside))
