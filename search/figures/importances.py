"""Optuna's parameter importances."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.importances import Importance
from search.figures.style import GREY, styled


def figure(rows: Sequence[Importance], caption: str) -> go.Figure:
    """A panel an evaluator, each in its own order, shares from 0 to 1."""
    evaluators = list(dict.fromkeys(row.evaluator for row in rows))
    drawn = make_subplots(rows=1, cols=len(evaluators), subplot_titles=evaluators)
    most = 0
    for column, evaluator in enumerate(evaluators, start=1):
        panel = [row for row in rows if row.evaluator == evaluator][::-1]
        most = max(most, len(panel))
        drawn.add_bar(
            x=[row.importance for row in panel],
            y=[row.parameter for row in panel],
            orientation="h",
            marker_color=GREY,
            showlegend=False,
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
            row=1,
            col=column,
        )
    styled(
        drawn,
        title="Which settings separate the trials, by Optuna's importances",
        caption=caption,
        height=170 + 26 * most,
    )
    drawn.update_layout(bargap=0.35)
    drawn.update_xaxes(title="importance (a share: no sign, no unit)", rangemode="tozero")
    return drawn
