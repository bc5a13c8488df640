"""A grid of small plots on one scale, one a technique."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.reporting.figures.style import label

COLUMNS = 2

_HIGH = 105
_BETWEEN = 30
"""Pixels between two panels for the numbers of the upper one's axis."""
_LINE = 18
"""Pixels of a line of a panel's title."""

_FEW, _SOME = 5, 10
"""Epochs up to which each, or every other, has a tick: Plotly would add ticks at half epochs."""


def panels(names: Sequence[str]) -> tuple[go.Figure, Callable[[int], tuple[int, int]]]:
    """Make an empty figure with a panel a name, and a function from an index to its row and
    column."""
    lines, height = -(-len(names) // COLUMNS), panels_height(names)
    drawn = make_subplots(
        rows=lines,
        cols=COLUMNS,
        subplot_titles=[label(name) for name in names],
        shared_xaxes="all",
        shared_yaxes="all",
        vertical_spacing=(height - lines * _HIGH) / max(lines - 1, 1) / height,
        horizontal_spacing=0.06,
    )
    return drawn, lambda index: (index // COLUMNS + 1, index % COLUMNS + 1)


def panels_height(names: Sequence[str]) -> int:
    """Pixels of all panels with what is between them: numbers, and a title as high as the
    highest."""
    lines = -(-len(names) // COLUMNS)
    title = _LINE * (1 + max(label(name).count("<br>") for name in names))
    return lines * _HIGH + (lines - 1) * (_BETWEEN + title)


def epoch_axes(figure: go.Figure, names: int, epochs: Sequence[int]) -> None:
    """Name the epochs below the last panels of `panels`, in whole numbers."""
    step = 1 if len(epochs) <= _FEW else 2 if len(epochs) <= _SOME else None
    figure.update_xaxes(dtick=step, tick0=epochs[0] if step else None)
    figure.update_xaxes(title="epoch", row=-(-names // COLUMNS))
