"""The confusion matrix of one recipe's tests, as a heat map."""

from __future__ import annotations

import plotly.graph_objects as go

from search.analysis.recipe_tests import RecipeTests
from search.reporting.figures.style import as_wide_as, label, styled

MOST_CLASSES = 100
"""Classes up to which it can be read."""
_SHORT = 2
"""Characters of a class' name for which a column is wide enough on a phone."""
_ROOM_FOR_COUNTS = 20
_ROOM_FOR_NAMES = 40
_KEY = (
    "A row is a class. Blue is named right, the darker the larger the share of the class; orange "
    "is named wrong, darkest where the share is the largest of all."
)
_SCALE = [(0, "#56B4E9"), (0.5, "#F4F4F4"), (1, "#E69F00")]
"""Right on the left, wrong on the right; light enough at both ends for dark numbers."""


def figure(tested: RecipeTests, caption: str) -> go.Figure:
    """Draw a row a class: how many of its test images were named as each class.

    Images named right are blue, by their share of the class; the others are orange, by their share
    in relation to the largest such share.
    """
    size, counts = len(tested.classes), tested.confusion
    totals = counts.sum(axis=1, keepdims=True).clip(min=1)
    shares = counts / totals
    right = shares.diagonal().copy()
    wrong = shares - 0.0
    wrong[range(size), range(size)] = 0
    shades = wrong / (wrong.max() or 1)
    shades[range(size), range(size)] = -right
    names = [_unique(name, number) for number, name in enumerate(tested.classes)]
    drawn = go.Figure(
        go.Heatmap(
            z=shades.round(3).tolist(),
            x=names,
            y=names,
            customdata=counts.tolist(),
            text=[[f"{count:,}" if count else "" for count in row] for row in counts.tolist()]
            if size <= _ROOM_FOR_COUNTS
            else None,
            texttemplate="%{text}" if size <= _ROOM_FOR_COUNTS else None,
            textfont={"size": 12 if size <= 10 else 10, "color": "#111"},
            hovertemplate="%{y}, named %{x}: %{customdata:,}<extra></extra>",
            colorscale=_SCALE,
            zmin=-1,
            zmax=1,
            xgap=1 if size <= _ROOM_FOR_NAMES else 0,
            ygap=1 if size <= _ROOM_FOR_NAMES else 0,
            showscale=False,
        )
    )
    plot = max(260, min(34 * size, 12 * size + 300, 860))
    styled(drawn, title="Confusion matrix", caption=caption, height=plot + 150, key=_KEY)
    ticks = {"tickmode": "array", "tickvals": names, "ticktext": [label(n) for n in tested.classes]}
    if size > _ROOM_FOR_NAMES:
        ticks = {}
    upright = size <= _ROOM_FOR_COUNTS and max(map(len, tested.classes)) <= _SHORT
    angle = 0 if upright else -90
    drawn.update_xaxes(title="named", tickangle=angle, showgrid=False, type="category", **ticks)
    drawn.update_yaxes(
        title="class", autorange="reversed", showgrid=False, type="category", **ticks
    )
    return as_wide_as(drawn, min(1000, plot + 200))


def _unique(name: str, number: int) -> str:
    """A category's name: classes that differ in what Plotly takes for markup stay apart."""
    return name.replace("<", "&lt;") or f"({number})"
