"""Interactions of two techniques, as a heat map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import plotly.graph_objects as go

from search.analysis.interactions import Interaction
from search.reporting import formatting
from search.reporting.figures.style import as_wide_as, label, rows_height, styled
from search.reporting.formatting import listed

_SCALE = [(0, "#E69F00"), (0.5, "#F4F4F4"), (1, "#56B4E9")]
"""Light enough at both ends for dark numbers."""
_FAINT = [
    (0, "rgba(230, 159, 0, 0.25)"),
    (0.5, "rgba(128, 128, 128, 0.08)"),
    (1, "rgba(86, 180, 233, 0.25)"),
]
"""Of interactions that may be noise, on white and on black."""
_INK = {True: "#111", False: "#666"}
_KEY = (
    "Blue: the two add to each other; orange: they take from each other. Strong colour with *: "
    "clear, at a false discovery rate of 5 %; faint: it may be noise."
)
_LETTERS = " Cells with one letter are one sum, which these runs cannot take apart."

_MOST_LINES = 11
"""Lines of names that fit side by side below the map on a phone; numbers stand in for more."""
_ROOM_FOR_VALUES = 10
"""Techniques up to which a cell has room for its number."""


def figure(
    rows: Sequence[Interaction], techniques: Sequence[str], unit: str, caption: str
) -> go.Figure:
    """Draw a cell a pair: the change of one's step when the other is on, `*` where it is certain.

    Pairs that the design aliases share a letter, and show their sum.
    """
    size = len(techniques)
    most = max((abs(row.effect) for row in rows if not math.isnan(row.effect)), default=1) or 1
    labels = [label(name) for name in techniques]
    lines = max(1 + name.count("<br>") for name in labels)
    numbered = size * lines > _MOST_LINES
    if numbered:
        labels = [f"{name} {number}" for number, name in enumerate(labels, start=1)]
    drawn = go.Figure()
    for certain, scale in ((True, _SCALE), (False, _FAINT)):
        values, texts, hovers = _cells([row for row in rows if row.certain is certain], techniques)
        drawn.add_heatmap(
            z=values,
            x=labels,
            y=labels,
            text=texts,
            texttemplate="%{text}",
            textfont={"size": 11 if size <= 8 else 9, "color": _INK[certain]},
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            colorscale=scale,
            zmin=-most,
            zmax=most,
            xgap=1,
            ygap=1,
            # The page turns soft numbers lighter where it is dark.
            meta=None if certain else "soft",
            showscale=certain and size > _ROOM_FOR_VALUES,
            colorbar={"title": {"text": unit, "side": "right"}, "thickness": 12},
        )
    styled(
        drawn,
        title="Interactions of two techniques",
        caption=caption,
        height=150 + max(220, rows_height(techniques, 40 if size <= _ROOM_FOR_VALUES else 24)),
        key=_KEY + (_LETTERS if any(row.letter for row in rows) else ""),
    )
    drawn.update_xaxes(tickangle=-90, showgrid=False)
    if numbered:
        numbers = [str(number) for number in range(1, size + 1)]
        drawn.update_xaxes(tickvals=labels, ticktext=numbers, tickfont={"size": 9}, title="number")
    drawn.update_yaxes(autorange="reversed", showgrid=False)
    return as_wide_as(drawn, min(1000, 320 + 70 * size))


def _cells(
    rows: Sequence[Interaction], techniques: Sequence[str]
) -> tuple[list[list[float]], list[list[str]], list[list[str]]]:
    """The values, texts and hover texts of a map that has these pairs alone."""
    size = len(techniques)
    values = [[math.nan] * size for _ in techniques]
    texts = [[""] * size for _ in techniques]
    hovers = [[""] * size for _ in techniques]
    for row in rows:
        for (first, second), sign in zip(row.pairs, row.signs, strict=True):
            at, to = techniques.index(first), techniques.index(second)
            for i, j in ((at, to), (to, at)):
                values[i][j] = sign * row.effect
                texts[i][j] = _text(row, sign, size)
                hovers[i][j] = _hover(row)
    return values, texts, hovers


def _text(row: Interaction, sign: int, size: int) -> str:
    if math.isnan(row.effect):
        return row.letter
    star = "*" if row.certain else ""
    if size > _ROOM_FOR_VALUES:
        return ("+" if sign * row.effect > 0 else "−") + star if star else row.letter
    return (
        formatting.signed(replace(row, effect=sign * row.effect))
        + star
        + (f"<br>{row.letter}" if row.letter else "")
    )


def _hover(row: Interaction) -> str:
    if math.isnan(row.effect):
        what = f"told from {listed(row.triple)} together" if row.triple else "estimated"
        return f"{row.name}: cannot be {what} by these runs"
    what = f"sum {row.letter}, which these runs cannot separate:<br>" if row.letter else ""
    name = row.name.replace(" + ", "<br>+ ").replace(" − ", "<br>− ")
    return (
        f"{what}{name}<br>{formatting.signed(row)}<br>95 %: {formatting.interval(row)}"
        f"<br>corrected p: {formatting.p_value(row.p_value)}"
    )
