"""A table that fits the terminal, however narrow that is."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from search.reporting.formatting import UNKNOWN

_LONGEST_WORD = 24
"""Characters of a name that are not broken, where the terminal is wide enough for the table."""


class FittingTable(Table):
    """A table, or on a terminal that is too narrow for its columns a few lines for each row."""

    def __init__(self) -> None:
        super().__init__(box=None, pad_edge=False, padding=(0, 1, 0, 0))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._fit(options.max_width):
            yield from super().__rich_console__(console, options)
            return
        rows = zip(*([_plain(cell) for cell in column.cells] for column in self.columns),
                   strict=True)  # fmt: skip
        heads = [_plain(column.header) for column in self.columns]
        for first, *cells in rows:
            if first:
                yield Text(first, overflow="fold")
            parts = [f"{head} {cell}".lstrip() for head, cell in zip(heads[1:], cells, strict=True)
                     if cell not in ("", UNKNOWN)]  # fmt: skip
            yield Padding(Text("; ".join(parts), overflow="fold"), (0, 0, 0, 2))

    def _fit(self, width: int) -> bool:
        """Share a width among the columns; False where it is too small for them.

        Numbers need a line each, and other cells that of a word. What is left goes to the columns
        that lack least, so that a long name is the last.
        """
        needed, wanted = [], []
        for column in self.columns:
            cells = [_plain(cell) for cell in (column.header, *column.cells)]
            longest = max(map(cell_len, cells))
            word = max((cell_len(word) for cell in cells for word in cell.split()), default=0)
            needed.append(longest if column.no_wrap else min(word, _LONGEST_WORD))
            wanted.append(longest)
        spare = width - sum(needed) - len(needed)
        widths = zip(self.columns, needed, wanted, strict=True)
        for column, least, most in sorted(widths, key=lambda one: one[2] - one[1]):
            column.width = min(most, least + max(0, spare))
            spare -= column.width - least
        return spare >= 0


def _plain(cell: RenderableType) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)
