"""Lines of code as ruff and black lay them out."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 100
"""Of a line, in characters."""


def bracketed(before: str, items: Sequence[str], after: str, indent: int = 4) -> list[str]:
    """Code whose bracket is opened at the end of `before` and closed at the beginning of `after`.

    It takes one line where that is wide enough; else what is in the bracket takes a line, or one
    for each item.
    """
    margin, inside = " " * indent, " " * (indent + 4)
    line = f"{margin}{before}{', '.join(items)}{after}"
    if len(line) <= WIDTH or not items:
        return [line]
    together = f"{inside}{', '.join(items)}"
    middle = [together] if len(together) <= WIDTH else [f"{inside}{item}," for item in items]
    return [f"{margin}{before}", *middle, f"{margin}{after}"]


def paragraph(text: str, width: int = WIDTH) -> list[str]:
    """A text's words in lines of no more than so many characters."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
