"""Optuna's parameter importances."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.importances import Importance
from search.reporting.figures.style import GREY, label, rows_height, styled

_BETWEEN = 45
"""Pixels between two panels."""
_LEAST = 80
"""Pixels of a panel of one parameter."""


def figure(rows: Sequence[Importance], caption: str) -> go.Figure:
    """Draw a panel an evaluator, largest share at the top, on one scale from 0 to 1."""
    evaluators = list(dict.fromkeys(share.evaluator for share in rows))
    names = {share.parameter for share in rows}
    high = max(_LEAST, len(names) * max(rows_height([name], 20) for name in names))
    height = high * len(evaluators) + _BETWEEN * (len(evaluators) - 1)
    drawn = make_subplots(
        rows=len(evaluators), cols=1, subplot_titles=evaluators, shared_xaxes=True,
        vertical_spacing=min(1, _BETWEEN / height),
    )  # fmt: skip
    for row, evaluator in enumerate(evaluators, start=1):
        panel = [share for share in rows if share.evaluator == evaluator][::-1]
        drawn.add_bar(
            x=[share.importance for share in panel],
            y=[label(share.parameter) for share in panel],
            customdata=[share.parameter for share in panel],
            orientation="h",
            marker_color=GREY,
            showlegend=False,
            hovertemplate="%{customdata}: %{x:.2f}<extra></extra>",
            row=row,
            col=1,
        )
    styled(
        drawn,
        title="Which settings separate the trials, by Optuna's importances",
        caption=caption,
        height=80 + height,
    )
    drawn.update_layout(bargap=0.35)
    drawn.update_xaxes(rangemode="tozero")
    drawn.update_xaxes(title="importance (a share: no sign, no unit)", row=len(evaluators))
    return drawn
