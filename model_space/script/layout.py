"""Lines of code as ruff and black lay them out."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 100
"""Characters of a line, at most."""


def bracketed(before: str, items: Sequence[str], after: str, indent: int = 4) -> list[str]:
    """Lay out code with a bracket that `before` opens at its end and `after` closes at its start.

    It takes one line where it fits; otherwise the items take a line of their own, or one each.
    """
    margin, inside = " " * indent, " " * (indent + 4)
    line = f"{margin}{before}{', '.join(items)}{after}"
    if len(line) <= WIDTH or not items:
        return [line]
    together = f"{inside}{', '.join(items)}"
    middle = [together] if len(together) <= WIDTH else [f"{inside}{item}," for item in items]
    return [f"{margin}{before}", *middle, f"{margin}{after}"]


def paragraph(text: str, width: int) -> list[str]:
    """Wrap a text in lines of at most `width` characters."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
