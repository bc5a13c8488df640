"""Parts of a report, whatever it is written in."""

from __future__ import annotations

from dataclasses import dataclass

from model_space.pictures import Picture


@dataclass(frozen=True)
class Table:
    """Cells of text; `numbers` are the columns that align right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    explains: bool = False
    """True where its rows explain the names in their first cells, which lead here elsewhere."""


@dataclass(frozen=True)
class Command:
    """A line for a shell, and what it is for."""

    line: str
    does: str
    """A sentence, of what it does or settles and how long it takes."""


@dataclass(frozen=True)
class Captioned:
    """A picture, the text below it, and the text in its place for those who do not see it."""

    picture: Picture
    caption: str
    alternative: str


@dataclass(frozen=True)
class PictureRow:
    """Pictures beside each other, with a title that may be empty."""

    title: str
    pictures: tuple[Captioned, ...]


@dataclass(frozen=True)
class Section:
    """A title, and from top to bottom a headline, a text, commands, a figure, pictures, a table,
    remarks."""

    title: str
    text: str
    figure: str = ""
    """A name of `gallery.draw`; the figure is left out where there is none."""
    table: Table | None = None
    remarks: tuple[str, ...] = ()
    headline: str = ""
    """A sentence that says it all."""
    commands: tuple[Command, ...] = ()
    pictures: tuple[PictureRow, ...] = ()
    """Shown in HTML only; a section that has them is left out elsewhere."""
    folded: bool = False
    """True of details, which the reader opens."""
