"""The look that the figures share. Colours are Okabe & Ito's, which the colour-blind can tell
apart."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from unicodedata import east_asian_width

import plotly.graph_objects as go

BLUE = "#0072B2"
VERMILION = "#D55E00"
ORANGE = "#E69F00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
GREY = "#808080"

LINE = "rgba(128, 128, 128, 0.3)"
"""Grid lines, visible on white and on black."""

_INK = "#222"
CAPTION_WIDTH = 76
"""Characters of a line below the title of an image."""
_PHONE_TITLE, _PHONE_CAPTION = 33, 52
"""Characters of a title, and of a line below it, that fit on a phone."""
_MENU = 22
"""Pixels of Plotly's menu that reach below the upper edge of a title."""

_FONT = 13
_AXIS_TITLE = {"title": {"font": {"size": _FONT}}}
_TEMPLATE = {"layout": {"xaxis": _AXIS_TITLE, "yaxis": _AXIS_TITLE}}
"""Titles of axes as small as their numbers, so that they fit a phone."""
_NUMBERS = {"exponentformat": "power", "minexponent": 4}
"""0.0001 and 2×10⁵, for which Plotly would write 100µ and 200k."""

_AXIS_WIDTH = 28
"""Characters of an axis' title that fit below a plot on a phone."""
_LINE, _TITLE_LINE = 20, 24
"""Pixels."""

_LABEL_WIDTH = 18
_LABEL_LINES = 3
LEGEND_WIDTH = 36
"""Characters of an entry of a legend that fit on a phone."""


FAINT_BLUE, FAINT_VERMILION = "rgba(0, 114, 178, 0.3)", "rgba(213, 94, 0, 0.3)"
"""For what may be noise."""


def error_bars(
    spans: Iterable[tuple[float, float, float]], colour: str, thickness: float, **more: object
) -> dict[str, object]:
    """Bars of 95 % intervals, each from its low end over its middle to its high one.

    What has no interval has a bar without length.
    """
    known = [(0.0, 0.0, 0.0) if math.isnan(span[0]) else span for span in spans]
    return {
        "type": "data",
        "array": [high - middle for _, middle, high in known],
        "arrayminus": [middle - low for low, middle, _ in known],
        "color": colour,
        "thickness": thickness,
        **more,
    }


def styled(figure: go.Figure, *, title: str, caption: str, height: int, key: str = "") -> go.Figure:
    """Give a figure its title, with its key and what was run below it, and the common look.

    `key` explains colours, marks and bars, or how to read the figure, in a sentence or two.
    """
    lines = _lines(key, caption, CAPTION_WIDTH)
    top = 70 + _LINE * len(lines) + _further_lines(figure)
    figure.update_layout(
        template=_TEMPLATE,
        title={
            "text": "<br>".join([title, *lines]),
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": 10, "t": 24},
        },
        meta={"title": title, "caption": caption, **({"key": key} if key else {})},
        font={"family": "system-ui, sans-serif", "size": _FONT, "color": _INK},
        margin={"l": 20, "r": 20, "t": top, "b": 75},
        height=height + top,
        paper_bgcolor="white",
        plot_bgcolor="rgba(0, 0, 0, 0)",
    )
    common = {"gridcolor": LINE, "zeroline": False, "automargin": True, **_NUMBERS}
    # So far from the axes, the numbers of two do not meet in their corner.
    figure.update_xaxes(**common, ticklabelstandoff=6)
    figure.update_yaxes(**common, ticklabelstandoff=4)
    figure.update_annotations(font_size=_FONT)
    return figure


def extend_title(figure: go.Figure, more: str) -> None:
    """Say more after the title of a styled figure."""
    said = figure.layout.meta
    title, *below = figure.layout.title.text.split("<br>")
    figure.update_layout(
        title={"text": "<br>".join([title + more, *below])},
        meta={**said, "title": said["title"] + more},
    )


def legend_below(figure: go.Figure, *, stacked: bool = False) -> go.Figure:
    """Put the legend of a styled figure at its bottom, where Plotly makes room for its lines.

    Measured from the bottom, it never lies on the axis, which a place in fractions of the plot
    does where the plot is low. `stacked` puts one entry below the other.
    """
    return figure.update_layout(
        legend={
            "orientation": "v" if stacked else "h",
            "x": 0,
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
        },
        margin={"b": 20},
        showlegend=True,
    )


def as_wide_as(figure: go.Figure, pixels: int) -> go.Figure:
    """Say how wide an image of a figure is, where it is narrower than most."""
    return figure.update_layout(meta={**figure.layout.meta, "width": pixels})


def on_its_own(figure: go.Figure, width: int = _PHONE_CAPTION) -> go.Figure:
    """Copy a figure for a page of its own, where its title is below Plotly's menu, which a phone
    shows all the time, and all titles are in lines that fit a phone. `width` are the characters of
    a line of the caption."""
    said = figure.layout.meta
    before = _lines(said.get("key", ""), said["caption"], CAPTION_WIDTH)
    lines = _lines(said.get("key", ""), said["caption"], width)
    title = wrap(said["title"], _PHONE_TITLE)
    more = _MENU + _TITLE_LINE * (len(title) - 1)
    if len(lines) > len(before):
        more += _TITLE_LINE * len(lines) - _LINE * len(before)
    copy = go.Figure(figure).update_layout(
        title={"text": "<br>".join([*title, *lines]),
               "pad": {"t": figure.layout.title.pad.t + _MENU}},
        margin={"t": figure.layout.margin.t + more},
        height=figure.layout.height + more,
    )  # fmt: skip
    return wrapped_titles(copy)


def _lines(key: str, caption: str, width: int) -> list[str]:
    """The small lines below a title."""
    return [f"<sub>{line}</sub>" for text in (key, caption) for line in wrap(text, width)]


def untitled(figure: go.Figure) -> go.Figure:
    """Copy a figure without title, caption and background, for a page that has its own.

    Long titles of axes become lines that fit beside each other on a phone.
    """
    copy = go.Figure(figure)
    top = 30 + _further_lines(figure)
    saved = figure.layout.margin.t - top
    copy.update_layout(
        title=None,
        margin={"t": top},
        height=figure.layout.height - saved,
        paper_bgcolor="rgba(0, 0, 0, 0)",
    )
    return wrapped_titles(copy)


def wrapped_titles(figure: go.Figure) -> go.Figure:
    """Break long titles below plots into lines that fit a phone, and make room for them."""
    further = 0
    for axis in figure.select_xaxes():
        title = re.sub(r"\([^)]*\)|95 %", _held_together, axis.title.text or "")
        lines = wrap(title, _AXIS_WIDTH)
        axis.title.text = "<br>".join(lines)
        further = max(further, len(lines) - 1)
    figure.layout.height += _LINE * further
    return figure


def _held_together(words: re.Match[str]) -> str:
    """The words with spaces at which no line breaks, where they fit into one."""
    text = words[0]
    return text.replace(" ", "\u00a0") if len(text) <= _AXIS_WIDTH else text


def _further_lines(figure: go.Figure) -> int:
    """Pixels for the lines after the first of the panels' titles, where there are panels."""
    return 20 * max((title.text.count("<br>") for title in figure.layout.annotations), default=0)


def zero_line(figure: go.Figure, **axis: float) -> None:
    """Draw the line of no change: `x=0` or `y=0`, in all panels or that of a `row` and `col`."""
    (figure.add_vline if "x" in axis else figure.add_hline)(
        **axis, line={"color": GREY, "width": 1.5}
    )


def label(name: str, width: int = _LABEL_WIDTH) -> str:
    """Break a name into lines that are short enough to stand beside a plot on a phone.

    A pair that does not fit into one line has one for each of the two. `width` are the characters
    of a line: `LEGEND_WIDTH` of a legend's.
    """
    both = name.split(" × ")
    if len(both) > 1 and columns(name) > width:
        ends = (one if columns(one) <= width else f"…{end(one, width)}" for one in both)
        return " ×<br>".join(label(one, width) for one in ends)
    lines = [""]
    for piece in _pieces(name, width):
        if lines[-1] and columns(lines[-1] + piece.rstrip("_= ")) > width:
            lines.append("")
        lines[-1] += piece
    if len(lines) > _LABEL_LINES:
        lines = [*lines[: _LABEL_LINES - 1], f"…{end(name, width)}"]
    return "<br>".join(line.replace("<", "&lt;") for line in lines)


def columns(text: str) -> int:
    """The width of a text in characters, of which Chinese, Japanese and Korean ones are two."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def _pieces(name: str, width: int) -> Iterator[str]:
    """The words of a name, cut where they are longer than a line."""
    # The two levels on the sides of an arrow stay together.
    for word in re.findall(r"(?:[^_=\s]| → )+[_=\s]*|.+", name, re.DOTALL):
        piece = ""
        for one in re.findall(r" → |[_=\s]+|.", word, re.DOTALL):
            if piece and one.strip("_= ") and columns(piece) + columns(one.strip()) > width:
                yield piece
                piece = ""
            piece += one
        yield piece


def start(text: str, width: int) -> str:
    """The start of a text that fits a line before an ellipsis."""
    return end(text[::-1], width)[::-1]


def end(text: str, width: int) -> str:
    """The end of a text that fits a line behind an ellipsis."""
    return next(text[at:] for at in range(len(text) + 1) if columns(text[at:]) < width)


def entries_height(figure: go.Figure) -> int:
    """Pixels of a legend with one entry below the other."""
    names = [trace.name or "" for trace in figure.data if trace.showlegend is not False]
    return sum(22 + 17 * name.count("<br>") for name in names)


def rows_height(names: Sequence[str], least: int = 34) -> int:
    """Pixels for a row a name, each as high as the lines of its label."""
    return sum(max(least, 8 + 17 * (1 + label(name).count("<br>"))) for name in names)
