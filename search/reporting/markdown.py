"""The report as Markdown, for a pull request or a chat."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

import plotly.graph_objects as go

from search.reporting.links import Names, anchor
from search.reporting.provenance import provenance
from search.reporting.section import Section, Table
from search.reporting.sentences.budget import describe_budget
from search.results import Results

_SHOWN = ("png", "svg")
"""Formats that a page shows; it links to others."""


def document(
    results: Results,
    sections: Sequence[Section],
    figures: Mapping[str, go.Figure],
    images: Sequence[str] = (),
) -> str:
    """Render the sections in order.

    `figures` are those that lie beside it as NAME.html, and as an image in each of the formats
    `images`.
    """
    parts = [f"# {_text(results.name)}", _text(describe_budget(results))]
    names = Names(sections)
    sections = [section for section in sections if not section.pictures]
    for folded, some in groupby(sections, key=lambda section: section.folded):
        if folded:
            parts.append("## Details")
        for section in some:
            body = rendered(section, figures, images, names)
            if folded:
                # Within tags, Markdown is not read, and its escapes would be shown.
                title = escape(section.title, quote=False)
                parts += [f"<details><summary>{title}</summary>", *body, "</details>"]
            else:
                parts += [f"## {_text(section.title)}", *body]
    return "\n\n".join([*parts, provenance(results)]) + "\n"


def rendered(
    section: Section,
    figures: Mapping[str, go.Figure] | None = None,
    images: Sequence[str] = (),
    names: Names | None = None,
    *,
    wrapped: bool = False,
) -> list[str]:
    """Render what stands below a section's title, a block each.

    `names` in tables lead to what explains them. `wrapped` writes commands as words of a paragraph,
    for a page that would not scroll a block that is wider than itself.
    """
    parts = []
    if section.headline:
        parts.append(f"**{_text(section.headline)}**")
    if section.text:
        parts.append(_text(section.text))
    for command in section.commands:
        line = _in_line(command.line) if wrapped else f"    {command.line}"
        parts += [_text(command.does), line]
    if figures and section.figure in figures:
        title = figures[section.figure].layout.meta["title"]
        parts.append(_figure(section.figure, title, images))
    if section.table is not None:
        parts.append(_table(section.table, names))
    if section.remarks:
        parts.append("\n".join(f"- {_text(remark)}" for remark in section.remarks))
    return parts


def _in_line(code: str) -> str:
    """Code within a paragraph, between more backticks than it holds side by side."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", code)), default=0))
    beside = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{fence}{beside}{code}{beside}{fence}"


def _figure(name: str, title: str, images: Sequence[str]) -> str:
    """Show the image that there is, which leads to the interactive figure, and link to the rest."""
    shown = next((kind for kind in _SHOWN if kind in images), None)
    said = _text(f"Figure: {title}")
    text = f"![{said}]({name}.{shown})" if shown else said
    others = [f"[{kind}]({name}.{kind})" for kind in images if kind != shown]
    return " · ".join([f"[{text}]({name}.html)", *others])


def _table(table: Table, names: Names | None) -> str:
    sides = ["---:" if at in table.numbers else "---" for at in range(len(table.head))]
    lines = [[_text(cell) for cell in table.head], sides]
    lines += [[_first(row[0], table, names), *(_text(cell) for cell in row[1:])]
              for row in table.rows]  # fmt: skip
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _first(text: str, table: Table, names: Names | None) -> str:
    """The first cell of a row: the name of a technique leads to what it does."""
    if names is None or text not in names.names:
        return _text(text)
    if table.explains:
        return f'<a id="{anchor(text)}"></a>{_text(text)}'
    return f"[{_text(text)}](#{anchor(text)})"


def _text(text: str) -> str:
    """Escape what Markdown, a formula between dollars or HTML would read as markup."""
    marks = r"([\\`*_\[\]|#$~]|&(?=#?\w+;))"
    return re.sub(marks, r"\\\1", text).replace("<", "&lt;").replace("\n", " ")
