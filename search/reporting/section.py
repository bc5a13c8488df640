"""Parts of a report, whatever it is written in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Cells of text; `numbers` are the columns that align right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """A title, and from top to bottom a text, a figure, a table and remarks."""

    title: str
    """Empty for the section that opens the report."""
    text: str
    figure: str = ""
    """A name of `gallery.draw`; the figure is left out where there is none."""
    table: Table | None = None
    remarks: tuple[str, ...] = ()
