"""The report as a single HTML page, which needs no network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape as escape_quotes
from itertools import groupby
from pathlib import Path
from string import Template

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from search.reporting.figures.style import untitled
from search.reporting.formatting import capitalized
from search.reporting.links import Names, anchor
from search.reporting.picture_html import escape, picture_row
from search.reporting.provenance import provenance
from search.reporting.section import Command, Section, Table
from search.reporting.sentences.budget import describe_budget
from search.results import Results

_OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*(?: \d+)?")
_FLAG = re.compile(r"(?<!\S)-[\w-]+")
_TEMPLATE = Path(__file__).with_name("report.html")


def page(results: Results, sections: Sequence[Section], figures: Mapping[str, go.Figure]) -> str:
    """Render the whole page; `figures` are those of `gallery.draw`."""
    budget, names = describe_budget(results), Names(sections)
    parts = []
    for folded, some in groupby(sections, key=lambda section: section.folded):
        if folded:
            parts.append("<h2 id='details'>Details</h2>")
        parts += [_section(section, figures, budget, names) for section in some]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        name=escape(results.name),
        budget=escape(budget),
        plotly=get_plotlyjs() if figures else "",
        sections="\n".join(parts),
        made=escape(provenance(results)),
    )


def _section(section: Section, figures: Mapping[str, go.Figure], budget: str, names: Names) -> str:
    parts = []
    if section.headline:
        parts.append(f"<p class='headline'>{_linked(section.headline, names)}</p>")
    if section.text:
        parts.append(f"<p>{_linked(section.text, names)}</p>")
    parts += [_command(command) for command in section.commands]
    if section.figure in figures:
        parts.append(_figure(section.figure, figures[section.figure], budget))
    parts.extend(map(picture_row, section.pictures))
    if section.table is not None:
        parts.append(_table(section.table, names, section.title))
    if section.remarks:
        items = "".join(f"<li>{_linked(remark, names)}</li>" for remark in section.remarks)
        parts.append(f"<ul>{items}</ul>")
    title, body = escape(section.title), "".join(parts)
    if section.folded:
        return f"<details><summary><h3>{title}</h3></summary>{body}</details>"
    return f"<section><h2>{title}</h2>{body}</section>"


def _linked(text: str, names: Names, *, cell: bool = False) -> str:
    """Escape a text in which the names of techniques lead to what they do, and options hold
    together.

    In a cell, names break at their underscores where they do not fit.
    """
    return "".join(
        f"<a href='#{anchor(name)}'>{_breakable(piece) if cell else escape(piece)}</a>"
        if name
        else _OPTION.sub(r"<code>\g<0></code>", _breakable(piece) if cell else escape(piece))
        for piece, name in names.split(text, cell=cell)
    )


def _breakable(text: str) -> str:
    return escape(text).replace("_", "_<wbr>")


def _command(command: Command) -> str:
    line = _FLAG.sub(r"<span>\g<0></span>", escape_quotes(command.line, quote=False))
    return f"<div class='command'><p>{escape(command.does)}</p><pre>{line}</pre></div>"


def _figure(name: str, figure: go.Figure, budget: str) -> str:
    """Embed a figure, which the page draws when it is first seen."""
    drawn = untitled(figure)
    # In JSON, a < is only within strings, where it could end the script.
    data = str(drawn.to_json()).replace("<", "\\u003c")
    # The head of the page says it for all figures; one that stands alone needs it.
    caption = escape(figure.layout.meta["caption"].replace(f"; {budget}", ""))
    caption, key = capitalized(caption), figure.layout.meta.get("key", "")
    title = escape_quotes(f"Figure: {figure.layout.meta['title']}")
    return (
        f'<figure><div id="{name}" class="plot" role="img" aria-label="{title}" '
        f'style="height:{drawn.layout.height:g}px"></div>'
        f"<script type='application/json'>{data}</script>"
        f"<figcaption>{f'{escape(key)} ' if key else ''}{caption}.</figcaption></figure>"
    )


def _table(table: Table, names: Names, title: str) -> str:
    """Embed a table, which scrolls within the page where it is wider."""
    head = "".join(
        _cell("columnheader", escape(text), at in table.numbers)
        for at, text in enumerate(table.head)
    )
    rows = "".join(_row(row, table, names) for row in table.rows)
    said = escape_quotes(f"Table: {title}")
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{said}">'
        f'<table role=table aria-label="{said}"><thead role=rowgroup><tr role=row>{head}</tr>'
        f"</thead><tbody role=rowgroup>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[str], table: Table, names: Names) -> str:
    if table.explains:
        cells = [_breakable(text) for text in row]
        start = f"<tr role=row id='{anchor(row[0])}'>"
    else:
        cells = [_linked(text, names, cell=True) for text in row]
        start = "<tr role=row>"
    return start + "".join(
        _cell("cell" if at else "rowheader", cell, at in table.numbers,
              table.head[at] if at and row[at] else "")
        for at, cell in enumerate(cells)
    ) + "</tr>"  # fmt: skip


def _cell(role: str, inside: str, number: bool, head: str = "") -> str:
    """Make a cell of what is HTML already; `head` is said beside it on a phone, where a row is a
    few lines.

    The roles are those of a table however it is laid out.
    """
    tag, scope = {"columnheader": ("th", " scope=col"), "rowheader": ("th", " scope=row"),
                  "cell": ("td", "")}[role]  # fmt: skip
    kind = " class=number" if number else ""
    said = f' data-head="{escape_quotes(head)}"' if head else ""
    return f"<{tag} role={role}{scope}{kind}{said}>{inside}</{tag}>"
