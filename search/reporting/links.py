"""Links from the names of techniques to the table that explains them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from model_space.techniques import TECHNIQUES
from search.reporting.section import Section

_OURS = frozenset(one.name for one in TECHNIQUES)


def anchor(name: str) -> str:
    """Name the place in the page that explains a technique."""
    return "technique-" + re.sub(r"\W", "-", name)


class Names:
    """The names that a report explains."""

    def __init__(self, sections: Sequence[Section]) -> None:
        """Find the tables that explain names."""
        tables = [section.table for section in sections if section.table is not None]
        self.names = {row[0] for table in tables if table.explains for row in table.rows}
        # Names of the user's own may be words of the sentences, so they lead on in tables only.
        told = {name for name in self.names if name in _OURS or "_" in name}
        self._in_text, self._in_cells = _pattern(told), _pattern(self.names)

    def split(self, text: str, *, cell: bool) -> Iterator[tuple[str, str]]:
        """Split a text, of a table's cell or not, into pieces, each with the name that it is."""
        pattern = self._in_cells if cell else self._in_text
        for at, piece in enumerate(pattern.split(text) if pattern else [text]):
            if piece:
                yield piece, piece if at % 2 else ""


def _pattern(names: set[str]) -> re.Pattern[str] | None:
    if not names:
        return None
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<![\w/-])({either})(?![\w/-])")
