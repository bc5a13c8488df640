"""Write the pictures of the README and of docs/digits.md: `make figures`.

Each SVG ends with a digest of the figure that it was drawn from, by which a test knows whether it
still shows what the studies and the measurements say. Drawing takes Chrome or Chromium.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import plotly.graph_objects as go
import plotly.io

from bench.results import column
from docs.digits import KOUKA, LADDER, ONE
from docs.shipped import REFERENCE, findings
from search import draw
from search.reporting.figures.style import BLUE, GREEN, GREY, ORANGE, VERMILION, styled

FOLDER = Path(__file__).parent
WIDTH = 860

_LINES = {
    KOUKA: (BLUE, "solid", "circle"),
    LADDER: (VERMILION, "dash", "diamond"),
    ONE: (ORANGE, "dot", "square"),
    "fANOVA, random": (GREEN, "dashdot", "triangle-up"),
    "PED-ANOVA, TPE": (GREY, "longdash", "x"),
}
"""Methods of bench/measured/knowing.csv: of Optuna's importances, the best and the default."""


def digest(figure: go.Figure) -> str:
    """What tells one figure from another, whatever draws it."""
    return hashlib.sha256(figure.to_json().encode()).hexdigest()


def drawn_from(name: str) -> str:
    """The digest that a picture carries."""
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    return text.rpartition("<!-- drawn from ")[2].partition(" ")[0]


def main() -> None:
    """Write those that would show something else now, or are missing."""
    for name, draw_it in FIGURES.items():
        figure, file = draw_it(), FOLDER / f"{name}.svg"
        if file.exists() and drawn_from(name) == digest(figure):
            continue
        svg = plotly.io.to_image(figure, "svg", width=WIDTH).decode()
        file.write_text(f"{svg}\n<!-- drawn from {digest(figure)} -->\n", encoding="utf-8")
        print(f"docs/{name}.svg")


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


def _effects() -> go.Figure:
    found = findings(REFERENCE)
    drawn, results = draw(found)["effects"], found.results
    height = drawn.layout.height - drawn.layout.margin.t
    settings = results.settings
    caption = (
        f"{len(results.of('measure'))} networks; {results.data['train']:,} images (JPEG files), "
        f"{settings['epochs']} epochs, {settings['width']:g} of the channels"
    )
    return styled(
        drawn, title="CIFAR-10, trained briefly: what each technique is worth", caption=caption,
        height=height,
    )  # fmt: skip


FIGURES: Mapping[str, Callable[[], go.Figure]] = {
    "effects": _effects,
    "digits-error": lambda: _lines(
        "How far off the effects are: their root mean square error",
        "error of the effects, points",
        "points",
    ),
    "digits-top": lambda: _lines(
        "How often the three largest found are the true three", "top three right", "%"
    ),
}
"""The pictures by name, as they would be drawn now."""


if __name__ == "__main__":
    main()
