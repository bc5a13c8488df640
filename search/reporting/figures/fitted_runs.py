"""Every measured run against what the fit says of it."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from search.analysis.fitted_runs import FittedRun, FittedRuns
from search.analysis.recipe_names import describe
from search.reporting.figures.sides import AROUND, sides
from search.reporting.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    VERMILION,
    as_wide_as,
    legend_below,
    styled,
)
from search.results import Results

_KEY = "A dot on the diagonal is predicted exactly; one above it came to more than predicted."
_CROSSES = (
    " Where the crosses lie much further off than the dots, the fit has too many terms for so few "
    "runs."
)


def figure(fitted: FittedRuns, results: Results, unit: str, caption: str) -> go.Figure:
    """Draw a dot a run by the fit, and a smaller one by a fit to all other runs.

    Runs that the fit misses are named. A run on the diagonal is predicted exactly.
    """
    drawn = go.Figure()
    values = [value for one in fitted.runs for value in (one.observed, one.fitted, one.left_out)
              if not math.isnan(value)]  # fmt: skip
    low, high = min(values), max(values)
    beside = 0.04 * (high - low)
    ends = [low - beside, high + beside]
    drawn.add_scatter(x=ends, y=ends, mode="lines", line={"color": GREY, "width": 1.5},
                      name="predicted exactly", hoverinfo="skip")  # fmt: skip
    known = [one for one in fitted.runs if not math.isnan(one.left_out)]
    if known:
        _dots(drawn, known, [one.left_out for one in known], results, "without the run itself",
              {"color": ORANGE, "symbol": "x-thin", "size": 6,
               "line": {"color": ORANGE, "width": 1.5}})  # fmt: skip
    right = [one for one in fitted.runs if not one.missed]
    _dots(drawn, right, [one.fitted for one in right], results, "fit",
          {"color": BLUE, "symbol": "circle", "size": 8})  # fmt: skip
    missed = [one for one in fitted.runs if one.missed]
    if missed:
        names = [f"run {one.run.number}" for one in missed]
        rest = [(one.fitted, one.observed) for one in right]
        rest += [(one.left_out, one.observed) for one in known]
        marks = [(one.fitted, one.observed) for one in missed]
        span = ends[1] - ends[0]
        _dots(drawn, missed, [one.fitted for one in missed], results, "missed by the fit",
              {"color": VERMILION, "symbol": "diamond", "size": 11}, names,
              sides(marks, names, AROUND, (span, span), rest))  # fmt: skip
    styled(drawn, title="Predicted and observed", caption=caption, height=510,
           key=_KEY + (_CROSSES if known else ""))  # fmt: skip
    legend_below(drawn, stacked=True)
    drawn.update_xaxes(title=f"predicted, {unit}", range=ends)
    drawn.update_yaxes(title=f"observed, {unit}", range=ends)
    return as_wide_as(drawn, 700)


def _dots(
    drawn: go.Figure, runs: list[FittedRun], predicted: list[float], results: Results, name: str,
    marker: dict[str, object], text: list[str] | None = None, positions: list[str] | None = None,
) -> None:  # fmt: skip
    drawn.add_scatter(
        x=predicted,
        y=[one.observed for one in runs],
        mode="markers+text" if text else "markers",
        marker=marker,
        name=name,
        text=text,
        textposition=positions,
        cliponaxis=not text,
        customdata=[[one.run.number, describe(one.run, results)] for one in runs],
        hovertemplate="run %{customdata[0]}: observed %{y:,.4~r}, predicted %{x:,.4~r}<br>"
        "%{customdata[1]}<extra></extra>",
    )
