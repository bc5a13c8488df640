"""The objective of all recipes against what they take, with the Pareto fronts."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from search.analysis.recipe_names import describe
from search.analysis.trade_offs import PricedRecipe, Resource, TradeOffs
from search.reporting.figures.style import (
    BLUE,
    GREY,
    LINE,
    VERMILION,
    as_wide_as,
    error_bars,
    legend_below,
    styled,
)
from search.results import Results

_KEY = (
    "Go as far to the right as your limit allows, and take the {best} mark of the line up to "
    "there. Bars: 95 % intervals."
)
_HIGH = 300
"""Pixels of a panel."""


def figure(found: TradeOffs, results: Results, objective: str, caption: str) -> go.Figure:
    """Draw a panel a resource: left is cheaper, and the line is the front.

    Filled marks are recipes that ran, open ones are predicted. Recipes on the front have their
    95 % intervals.
    """
    names = list(found.fronts)
    drawn = make_subplots(rows=len(names), cols=1, vertical_spacing=0.28 / max(len(names), 1))
    for row, name in enumerate(names, start=1):
        first = row == 1
        _dots(drawn, found.others, name, results, "predicted", row, first,
              {"color": LINE, "symbol": "circle", "size": 5})  # fmt: skip
        _dots(drawn, found.trained, name, results, "ran", row, first,
              {"color": BLUE, "symbol": "circle", "size": 6})  # fmt: skip
        front = found.fronts[name]
        drawn.add_scatter(
            x=[_cost(one, name) for one in front], y=[one.value for one in front],
            mode="lines", line={"color": VERMILION, "width": 1.5, "shape": "hv"},
            name="front", legendgroup="front", showlegend=False, hoverinfo="skip", row=row, col=1,
        )  # fmt: skip
        for ran, label, symbol in ((True, "on the front, ran", "diamond"),
                                   (False, "on the front, predicted", "diamond-open")):  # fmt: skip
            marked = [one for one in front if bool(one.runs) == ran]
            _dots(drawn, marked, name, results, label, row, first,
                  {"color": VERMILION, "symbol": symbol, "size": 10, "line": {"width": 1.5}},
                  intervals=True)  # fmt: skip
        if name == "seconds":
            drawn.update_xaxes(title=f"seconds {results.timed_by}", row=row)
        else:
            drawn.update_xaxes(title="parameters of the network", nticks=6, row=row)
    styled(drawn, title="Accuracy against time and size" if results.objective.share
           else "The objective against time and size", caption=caption,
           height=110 + _HIGH * len(names),
           key=_KEY.format(best="highest" if results.objective.maximize else "lowest"))  # fmt: skip
    if "parameters" in names:  # which are counted in thousands and millions
        drawn.update_xaxes(exponentformat="B", minexponent=3, row=1 + names.index("parameters"))
    legend_below(drawn)
    drawn.update_yaxes(title=objective)
    return as_wide_as(drawn, 800)


def _dots(
    drawn: go.Figure, recipes: Sequence[PricedRecipe], resource: Resource, results: Results,
    name: str, row: int, legend: bool, marker: dict[str, object], *, intervals: bool = False,
) -> None:  # fmt: skip
    if not recipes:
        return
    bars = error_bars([(one.low, one.value, one.high) for one in recipes], GREY, 1.2, width=3)
    drawn.add_scatter(
        x=[_cost(one, resource) for one in recipes],
        y=[round(one.value, 6) for one in recipes],
        error_y=bars if intervals else None,
        mode="markers",
        marker=marker,
        name=name,
        legendgroup=name,
        showlegend=legend,
        customdata=[describe(one, results) for one in recipes],
        hovertemplate="%{customdata}<br>%{y:,.4~r} for %{x:,.4~r}<extra>" + name + "</extra>",
        row=row,
        col=1,
    )


def _cost(one: PricedRecipe, resource: Resource) -> float:
    return float(f"{one.seconds if resource == 'seconds' else one.parameters:.6g}")
