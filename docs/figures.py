"""Draw the pictures of README and docs/digits.md: `make figures`, which takes Chrome or Chromium.

Each SVG holds, as JSON in its metadata, the figure that it was drawn from, its numbers to four
significant digits. By that a test sees whether it still shows what was measured.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, unescape

import plotly.graph_objects as go
import plotly.io

from bench.results import column
from docs.shipped import FULL, data, findings, settings
from search import draw
from search.reporting.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    VERMILION,
    styled,
    zero_line,
)

FOLDER = Path(__file__).parent
WIDTH = 860

_LINES = {
    "kouka's design": (BLUE, "solid", "circle"),
    "the article's ladder": (VERMILION, "dash", "diamond"),
    "one at a time, from the base": (ORANGE, "dot", "square"),
    "fANOVA, random": (GREEN, "dashdot", "triangle-up"),
    "PED-ANOVA, TPE": (GREY, "longdash", "x"),
}
"""Methods of bench/measured/knowing.csv: of Optuna's importances, the best and the default."""


def content(figure: go.Figure) -> Any:
    """Give all that a figure shows as plain JSON."""
    shown = json.loads(figure.to_json())
    shown["layout"].pop("template", None)
    return shown


def drawn_from(name: str) -> Any:
    """Read what a picture was drawn from, rounded as it keeps it; None if it keeps nothing."""
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    kept = text.rpartition("<metadata>")[2].partition("</metadata>")[0]
    return json.loads(unescape(kept)) if kept != text else None


def differences(drawn: Any, now: Any, at: str = "") -> list[str]:
    """Name the places where what was drawn is not what would be drawn now, rounded likewise."""
    if isinstance(drawn, dict) and isinstance(now, dict):
        keys = dict.fromkeys([*drawn, *now])
        pairs = [(f"{at}.{key}", drawn.get(key), now.get(key)) for key in keys]
    elif isinstance(drawn, list) and isinstance(now, list) and len(drawn) == len(now):
        pairs = [(f"{at}[{i}]", *pair) for i, pair in enumerate(zip(drawn, now, strict=True))]
    else:
        return [] if _same(drawn, now) else [f"{at}: {drawn!r}, now {now!r}"]
    return [text for place, a, b in pairs for text in differences(a, b, place)]


def main() -> None:
    """Draw those that would show something else now, or are missing."""
    for name, draw_it in FIGURES.items():
        figure, file = draw_it(), FOLDER / f"{name}.svg"
        if file.exists() and not differences(drawn_from(name), content(figure)):
            continue
        svg = plotly.io.to_image(figure, "svg", width=WIDTH).decode()
        kept = escape(json.dumps(_rounded(content(figure)), ensure_ascii=False))
        body = svg.rstrip().removesuffix("</svg>")
        file.write_text(f"{body}<metadata>{kept}</metadata></svg>\n", encoding="utf-8")
        print(f"docs/{name}.svg")


def _rounded(shown: Any) -> Any:
    if isinstance(shown, dict):
        return {key: _rounded(value) for key, value in shown.items()}
    if isinstance(shown, list):
        return [_rounded(value) for value in shown]
    return float(f"{shown:.4g}") if isinstance(shown, float) else shown


def _same(drawn: Any, now: Any) -> bool:
    if not all(isinstance(one, int | float) for one in (drawn, now)):
        return bool(drawn == now)
    unit = 10.0 ** (math.floor(math.log10(abs(drawn) or 1.0)) - 3)
    # Beyond half a unit, a millionth is left to the arithmetic's error.
    return bool(abs(drawn - now) <= unit / 2 + 1e-6)


def _lines(title: str, of: str, axis: str) -> go.Figure:
    drawn = go.Figure()
    for method, (colour, dash, symbol) in _LINES.items():
        if not (values := column("knowing", of, method=method)):
            continue
        drawn.add_scatter(
            x=column("knowing", "runs", method=method), y=values, name=method,
            mode="lines+markers", line={"color": colour, "dash": dash, "width": 2},
            marker={"color": colour, "symbol": symbol, "size": 9},
        )  # fmt: skip
    caption = "digits: samples of 768 real runs, 256 recipes on 3 seeds each"
    styled(drawn, title=title, caption=caption, height=330)
    drawn.update_xaxes(title="runs", type="log", tickvals=[8, 16, 32, 64])
    drawn.update_yaxes(title=axis, rangemode="tozero")
    return drawn


def _caption() -> str:
    """What was run for the study of the article's budget."""
    budget = settings(FULL)
    return (
        f"{len(findings(FULL).results.of('measure'))} networks; {data(FULL).train:,} images (JPEG "
        f"files), {budget.epochs} epochs, full width"
    )


def _effects() -> go.Figure:
    drawn = draw(findings(FULL))["effects"]
    height = drawn.layout.height - drawn.layout.margin.t
    return styled(
        drawn, title="CIFAR-10: what each technique is worth", caption=_caption(), height=height
    )


def _by_epoch() -> go.Figure:
    rows = {row.technique: row for row in findings(FULL).by_epoch}
    named = {"augmentation": VERMILION, "batch_norm": BLUE}
    drawn = go.Figure()
    for technique, row in rows.items():
        if technique not in named:
            drawn.add_scatter(
                x=list(row.epochs), y=list(row.effect), mode="lines",
                line={"color": GREY, "width": 1}, opacity=0.6,
            )  # fmt: skip
    ends = {"the other six": (0.5, GREY)}
    for technique, colour in named.items():
        row = rows[technique]
        drawn.add_scatter(
            x=[*row.epochs, *row.epochs[::-1]], y=[*row.high, *row.low[::-1]], fill="toself",
            mode="lines", line={"width": 0}, fillcolor=colour, opacity=0.2,
        )  # fmt: skip
        drawn.add_scatter(
            x=list(row.epochs), y=list(row.effect), mode="lines", line={"color": colour, "width": 3}
        )
        ends[technique] = row.effect[-1], colour
    apart = 1.1  # points between two names
    ends["augmentation"] = ends["augmentation"][0] + apart, VERMILION
    ends["batch_norm"] = ends["batch_norm"][0] - apart, BLUE
    for technique, (height, colour) in ends.items():
        drawn.add_annotation(
            x=settings(FULL).epochs, y=height, text=technique, xanchor="left", showarrow=False,
            font={"color": colour}, xshift=8,
        )  # fmt: skip
    zero_line(drawn, y=0)
    key = "Points of validation accuracy, averaged over what else is on. Bands: 95 % intervals."
    styled(
        drawn, title="CIFAR-10: what each technique is worth, by the epochs trained",
        caption=_caption(), height=330, key=key,
    )  # fmt: skip
    drawn.update_layout(showlegend=False, margin={"r": 120})
    drawn.update_xaxes(title="epoch", range=[0, settings(FULL).epochs])
    drawn.update_yaxes(title="effect, points")
    return drawn


FIGURES: Mapping[str, Callable[[], go.Figure]] = {
    "by-epoch": _by_epoch,
    "effects": _effects,
    "digits-error": lambda: _lines(
        "How far off the effects are: their root mean square error",
        "error of the effects, points",
        "points",
    ),
    "digits-top": lambda: _lines(
        "How often the three largest found are the true three", "top three right, %", "%"
    ),
}
"""The pictures by name, as they would be drawn now."""


if __name__ == "__main__":
    main()
