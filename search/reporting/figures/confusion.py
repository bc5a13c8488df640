"""The confusion matrix of one recipe's tests, as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from search.analysis.recipe_tests import RecipeTests
from search.reporting.figures.style import as_wide_as, columns, label, styled

MOST_CLASSES = 100
"""Classes up to which it can be read."""
_BESIDE, _CHARACTER, _LINE = 350, 8, 15
"""Pixels on a phone for the map and the names beside it, of a character, and of a line of names."""
_ROOM_FOR_COUNTS = 20
_EACH = 16
"""Numbers that fit side by side below the map; of more, each fifth is shown."""
_ROOM_FOR_NAMES = 40
_KEY = (
    "A row is a class. Blue is named right, the darker the larger the share of the class; orange "
    "is named wrong, darkest where the share is the largest of all."
)
_NONE = "rgba(128, 128, 128, 0.1)"
_LEAST = 0.001
"""The shade of the smallest share that is not zero."""
_SCALE = [(0, "#56B4E9"), (0.5 - _LEAST / 2, "#F4F4F4"), (0.5, _NONE),
          (0.5 + _LEAST / 2, "#F4F4F4"), (1, "#E69F00")]  # fmt: skip
"""Right on the left, wrong on the right, light enough for dark numbers; none lets the page through,
which may be dark."""


def figure(tested: RecipeTests, caption: str) -> go.Figure:
    """Draw a row a class: how many of its test images were named as each class.

    Images named right are blue, by their share of the class; the others are orange, by their share
    in relation to the largest of these.
    """
    size, counts = len(tested.classes), tested.confusion
    totals = counts.sum(axis=1, keepdims=True).clip(min=1)
    shares = counts / totals
    right = shares.diagonal().copy()
    wrong = shares - 0.0
    wrong[range(size), range(size)] = 0
    shades = wrong / (wrong.max() or 1)
    shades[range(size), range(size)] = -right
    shades = np.sign(shades) * np.maximum(np.abs(shades), _LEAST)
    names = [_unique(name, number) for number, name in enumerate(tested.classes)]
    labels = [label(name) for name in tested.classes]
    numbered = not _fit_below(labels) and size <= _ROOM_FOR_NAMES
    if numbered:
        labels = [f"{name} {number}" for number, name in enumerate(labels, start=1)]
    drawn = go.Figure(
        go.Heatmap(
            z=shades.round(3).tolist(),
            x=list(range(1, size + 1)) if numbered else names,
            y=names,
            customdata=[list(zip(row, names, strict=True)) for row in counts.tolist()],
            text=[[f"{count:,}" if count else "" for count in row] for row in counts.tolist()]
            if size <= _ROOM_FOR_COUNTS
            else None,
            texttemplate="%{text}" if size <= _ROOM_FOR_COUNTS else None,
            textfont={"size": 12 if size <= 10 else 10, "color": "#111"},
            hovertemplate="%{y}, named %{customdata[1]}: %{customdata[0]:,}<extra></extra>",
            colorscale=_SCALE,
            zmin=-1,
            zmax=1,
            xgap=1 if size <= _ROOM_FOR_NAMES else 0,
            ygap=1 if size <= _ROOM_FOR_NAMES else 0,
            showscale=False,
        )
    )
    plot = max(260, min(34 * size, 12 * size + 300, 860))
    if size <= _ROOM_FOR_NAMES:
        plot = max(plot, size * _row(labels))
    styled(drawn, title="Confusion matrix", caption=caption, height=plot + 150, key=_KEY)
    drawn.update_xaxes(showgrid=False, title="named, by number" if numbered else "named")
    drawn.update_yaxes(title="class", autorange="reversed", showgrid=False, type="category")
    if size <= _ROOM_FOR_NAMES:
        drawn.update_yaxes(tickvals=names, ticktext=labels)
    if numbered:
        drawn.update_xaxes(tick0=0, dtick=1 if size <= _EACH else 5, tickangle=0)
    else:
        upright = size * (_CHARACTER * _widest(labels) + 3) <= _room(labels)
        drawn.update_xaxes(type="category", tickangle=0 if upright else -90)
        if size <= _ROOM_FOR_NAMES:
            drawn.update_xaxes(tickvals=names, ticktext=labels)
    return as_wide_as(drawn, min(1000, plot + 200))


def _fit_below(labels: Sequence[str]) -> bool:
    """True where the names stand side by side below the map on a phone, each on end."""
    lines = max(1 + name.count("<br>") for name in labels)
    return len(labels) * lines * _LINE <= _room(labels)


def _room(labels: Sequence[str]) -> int:
    """Pixels of the map on a phone."""
    return _BESIDE - _CHARACTER * _widest(labels)


def _widest(labels: Sequence[str]) -> int:
    return max(columns(line) for name in labels for line in name.split("<br>"))


def _row(labels: Sequence[str]) -> int:
    """Pixels of a row in which no two names meet that are one above the other."""
    lines = [1 + name.count("<br>") for name in labels]
    both = [one + other for one, other in pairwise(lines)]
    return 4 + 17 * max([*lines, *both]) // 2


def _unique(name: str, number: int) -> str:
    """A category's name: classes that differ in what Plotly takes for markup stay apart."""
    return name.replace("<", "&lt;") or f"({number})"
