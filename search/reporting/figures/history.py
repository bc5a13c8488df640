"""Objective of every run, in the order in which they ran."""

from __future__ import annotations

from itertools import accumulate

import plotly.graph_objects as go

from search.analysis.recipe_names import describe
from search.reporting.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    legend_below,
    styled,
)
from search.reporting.formatting import counted
from search.results import Results
from search.storage.schema import PHASES

_MARKS = dict(
    zip(
        PHASES,
        [
            (BLUE, "circle"),
            (ORANGE, "square"),
            (GREEN, "diamond"),
            (PURPLE, "triangle-up"),
            (VERMILION, "star"),
        ],
        strict=True,
    )
)


def figure(results: Results, objective: str, caption: str) -> go.Figure:
    """Draw a mark a run, by phase, and the best so far; pruned runs are at their last value."""
    drawn = go.Figure()
    for phase, (colour, symbol) in _MARKS.items():
        runs = results.of(phase)
        if not runs:
            continue
        drawn.add_scatter(
            x=[run.number for run in runs],
            y=[run.scaled for run in runs],
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 9},
            name=_name(phase, results),
            text=[describe(run, results) for run in runs],
            hovertemplate="run %{x}: %{y:,.4~r}<br>%{text}<extra>" + phase + "</extra>",
        )
    pruned = [run for run in results.runs if run.state == "pruned" and run.curve]
    if pruned:
        drawn.add_scatter(
            x=[run.number for run in pruned],
            y=[run.scale * list(run.curve.values())[-1] for run in pruned],
            mode="markers",
            marker={
                "color": GREY,
                "symbol": "x-thin",
                "size": 9,
                "line": {"width": 2, "color": GREY},
            },
            name="pruned, at its last epoch",
            text=[describe(run, results) for run in pruned],
            hovertemplate="run %{x}: %{y:,.4~r}<br>%{text}<extra>pruned</extra>",
        )
    better = max if results.objective.maximize else min
    chosen_from = results.of("measure", "search")
    drawn.add_scatter(
        x=[run.number for run in chosen_from],
        y=list(accumulate((run.scaled for run in chosen_from), better)),
        mode="lines",
        line={"color": GREY, "shape": "hv", "width": 1},
        name="best so far",
        hoverinfo="skip",
    )
    styled(drawn, title="Optimization history", caption=caption, height=370)
    legend_below(drawn)
    drawn.update_xaxes(title="run")
    drawn.update_yaxes(title=objective)
    return drawn


def _name(phase: str, results: Results) -> str:
    """A phase, with its epochs where the phases differ in them."""
    if len({results.epochs_of(one) for one in PHASES}) == 1:
        return phase
    return f"{phase}, {counted(results.epochs_of(phase) or 0, 'epoch')}"
