"""The table of the techniques; it needs nothing of Optuna."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from model_space.technique import Factor
from model_space.techniques import SETS


def techniques_table(techniques: Sequence[Factor]) -> Table:
    """Each technique's name, change, dials, source and sets."""
    table = Table.grid(padding=(0, 2, 1, 0))
    for technique in techniques:
        lines = [technique.changes]
        if technique.dials:
            lines.append(f"dial (low, usual, high): {dials(technique)}")
        lines.append(technique.source)
        lines.append(f"sets: {sets(technique)}")
        table.add_row(Text(technique.name, style="bold"), Text("\n".join(lines)))
    return table


def dials(technique: Factor) -> str:
    """A technique's dials with their low, usual and high values."""
    return "; ".join(
        f"{dial.name} {dial.low:g}, {dial.usual:g}, {dial.high:g}{' (log)' if dial.log else ''}"
        for dial in technique.dials
    )


def sets(technique: Factor) -> str:
    """The sets of techniques that it is in, but for that of all."""
    return ", ".join(name for name, names in SETS.items() if technique.name in names != SETS["all"])
