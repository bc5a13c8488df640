"""The report as Markdown, for a pull request or a chat."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from search.reporting.budget import describe_budget, provenance
from search.reporting.section import Section, Table
from search.results import Results


def document(results: Results, sections: Sequence[Section], figures: Collection[str]) -> str:
    """Render the sections in order; `figures` are those that lie beside it as NAME.html."""
    parts = [f"# {_text(results.name)}", _text(describe_budget(results))]
    for section in sections:
        if section.title:
            parts.append(f"## {section.title}")
        parts.append(_text(section.text))
        if section.figure in figures:
            parts.append(f"[Figure: {section.figure}]({section.figure}.html)")
        if section.table is not None:
            parts.append(_table(section.table))
        if section.remarks:
            parts.append("\n".join(f"- {_text(remark)}" for remark in section.remarks))
    return "\n\n".join([*parts, provenance(results)]) + "\n"


def _table(table: Table) -> str:
    sides = ["---:" if at in table.numbers else "---" for at in range(len(table.head))]
    lines = [table.head, sides, *table.rows]
    return "\n".join(
        f"| {' | '.join(cell if row is sides else _text(cell) for cell in row)} |" for row in lines
    )


def _text(text: str) -> str:
    """Escape what Markdown or HTML would read as markup."""
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", text).replace("<", "&lt;").replace("\n", " ")
