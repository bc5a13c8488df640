"""Optuna's parameter importances."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.importances import Importance
from search.reporting.figures.style import GREY, styled


def figure(rows: Sequence[Importance], caption: str) -> go.Figure:
    """Draw a panel an evaluator, largest share at the top, on one scale from 0 to 1."""
    evaluators = list(dict.fromkeys(share.evaluator for share in rows))
    drawn = make_subplots(
        rows=len(evaluators), cols=1, subplot_titles=evaluators, shared_xaxes=True,
        vertical_spacing=0.3 / len(evaluators) ** 2,
    )  # fmt: skip
    most = 0
    for row, evaluator in enumerate(evaluators, start=1):
        panel = [share for share in rows if share.evaluator == evaluator][::-1]
        most = max(most, len(panel))
        drawn.add_bar(
            x=[share.importance for share in panel],
            y=[share.parameter for share in panel],
            orientation="h",
            marker_color=GREY,
            showlegend=False,
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
            row=row,
            col=1,
        )
    styled(
        drawn,
        title="Which settings separate the trials, by Optuna's importances",
        caption=caption,
        height=110 + (60 + 20 * most) * len(evaluators),
    )
    drawn.update_layout(bargap=0.35)
    drawn.update_xaxes(rangemode="tozero")
    drawn.update_xaxes(title="importance (a share: no sign, no unit)", row=len(evaluators))
    return drawn
