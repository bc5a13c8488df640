"""Steps from all off to all on: the effects, and the ladder where it was run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.effects import CERTAIN, Effect, Effects
from search.analysis.fitted_levels import FittedLevels
from search.analysis.ladder import LadderStep
from search.reporting.figures.style import (
    BLUE,
    FAINT_BLUE,
    FAINT_VERMILION,
    GREY,
    VERMILION,
    error_bars,
    label,
    legend_below,
    rows_height,
    styled,
    zero_line,
)
from search.reporting.formatting import counted, score

_LADDER = "The ladder: steps in its order"
_KEY = (
    "A bar is what a technique {helps} (blue) or {hurts} (orange, hatched), a line its 95 % "
    "interval. Faint bars may be noise."
)
_FITTED = " The levels of all off and all on are of the fit, which are not those of any run."


def figure(
    effects: Effects,
    order: Sequence[str],
    steps: Sequence[LadderStep],
    unit: str,
    caption: str,
    levels: FittedLevels | None = None,
    change: str = "",
    *,
    maximize: bool = True,
) -> go.Figure:
    """Draw the effects in `order`, which sum to all on minus all off; below, the ladder's steps.

    Both begin at the value of all off, in the unit of the axis, or at zero where `levels` do not
    hold, and the axis is that of a `change`. Bars have their 95 % intervals; effects that are not
    certain are faint, and those for the better are blue.
    """
    known = [e for name in order for e in effects.effects
             if e.technique == name and not math.isnan(e.effect)]  # fmt: skip
    shown = [e.technique for e in known]
    ladder = [step.adds for step in steps[1:]]
    titles = [
        f"Mean over all orders: {counted(len(known), 'effect')}",
        *([_LADDER] if ladder else []),
    ]
    heights = [rows_height(["", *shown, ""], 26)]
    if ladder:
        heights.append(rows_height(["", *ladder, ""], 26))
    drawn = make_subplots(
        rows=len(heights), cols=1, subplot_titles=titles, shared_xaxes=True, row_heights=heights,
        vertical_spacing=60 / (sum(heights) + 60),
    )  # fmt: skip
    hold = levels is not None and levels.hold
    start = levels.all_off.value if levels is not None and hold else 0.0
    changes = [(e.technique, e.effect, e, e.verdict in CERTAIN) for e in known]
    _panel(drawn, 1, start, changes, " fitted" if hold else None, maximize)
    if ladder:
        first = steps[0].scaled.value if hold else 0.0
        _panel(
            drawn, 2, first,
            [(step.adds, step.change, step, step.low > 0 or step.high < 0) for step in steps[1:]],
            "" if hold else None, maximize,
        )  # fmt: skip
    helps, hurts = _names(maximize)
    styled(
        drawn, title="From all off to all on", caption=caption, height=160 + sum(heights),
        key=_KEY.format(helps=helps, hurts=hurts) + (_FITTED if hold else ""),
    )  # fmt: skip
    legend_below(drawn).update_layout(bargap=0.25)
    _legend(drawn, maximize)
    if not hold:
        for row in range(1, len(heights) + 1):
            zero_line(drawn, x=0, row=row, col=1)
    drawn.update_xaxes(title=unit if hold else f"{change} over all off", row=len(heights))
    drawn.update_xaxes(showticklabels=True)
    return drawn


def _short(value: float) -> str:
    if abs(value) >= 1000:
        return score(value)
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def _names(maximize: bool) -> tuple[str, str]:
    """Verbs for a change for the better, and for one for the worse."""
    return ("adds", "takes") if maximize else ("takes", "adds")


def _legend(drawn: go.Figure, maximize: bool) -> None:
    helps, hurts = _names(maximize)
    for name, better, sure in (
        (helps, True, True),
        (hurts, False, True),
        ("faint: may be noise", True, False),
    ):
        drawn.add_bar(
            x=[None], y=[None], orientation="h", name=name, marker=_marker(better, sure),
            hoverinfo="skip",
        )  # fmt: skip


def _marker(better: bool, sure: bool) -> dict[str, object]:
    strong, faint = (BLUE, FAINT_BLUE) if better else (VERMILION, FAINT_VERMILION)
    return {
        "color": strong if sure else faint,
        "pattern": {
            "shape": "" if better else "/",
            "fillmode": "overlay",
            "fgcolor": "white",
            "size": 6,
        },
    }


def _panel(
    drawn: go.Figure,
    row: int,
    start: float,
    changes: Sequence[tuple[str, float, Effect | LadderStep, bool]],
    mark: str | None,
    maximize: bool,
) -> None:
    """Draw the bars of one panel; `mark` follows its levels, which are not written where None."""
    ends = [start]
    for _, change, _, _ in changes:
        ends.append(ends[-1] + change)
    names = ["all off", *(label(name) for name, *_ in changes), "all on"]
    names = [name if names.index(name) == at else f"{name} " for at, name in enumerate(names)]
    both, middle = (ends[0], ends[-1]), (min(ends) + max(ends)) / 2
    drawn.add_scatter(
        x=list(both),
        y=[names[0], names[-1]],
        mode="markers+text",
        marker={
            "color": GREY,
            "symbol": "line-ns",
            "size": 16,
            "line": {"width": 3, "color": GREY},
        },
        text=["", ""] if mark is None else [f" {_short(end)}{mark} " for end in both],
        textposition=[f"middle {'left' if end > middle else 'right'}" for end in both],
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
        row=row,
        col=1,
    )
    for at, (name, change, bounds, sure) in enumerate(changes):
        drawn.add_bar(
            base=ends[at],
            x=[change],
            y=[names[at + 1]],
            orientation="h",
            marker=_marker((change >= 0) == maximize, sure),
            showlegend=False,
            error_x=error_bars([(bounds.low, change, bounds.high)], GREY, 1.5),
            customdata=[[change, bounds.low, bounds.high]],
            hovertemplate=f"{name}: %{{customdata[0]:+,.3~r}}<br>95 %: "
            "%{customdata[1]:+,.3~r} to %{customdata[2]:+,.3~r}<extra></extra>",
            row=row,
            col=1,
        )
    drawn.update_yaxes(categoryorder="array", categoryarray=names[::-1], row=row, col=1)
