"""What was measured: the scripts' rows, kept as CSV in measured/, and shown by the READMEs.

A script prints its rows; with `--record` it keeps them too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).with_name("measured")
KEYS = {
    "coverage": 3, "efficiency": 2, "export": 1, "fidelity": 3, "knowing": 2, "memory": 1,
    "ranking": 2, "rivals": 2, "start": 2, "storage": 2, "streaming": 1, "truth": 1,
    "verdicts": 1,
}  # fmt: skip
"""Each table's number of columns that say what a row is of."""

Row = Mapping[str, str]

_NUMBER = re.compile(r"[+–-]?[\d,.]*( ?(%|ms|s))?( ± [\d.]+)?")


def reporter(table: str, *, record: bool) -> Callable[[Row], None]:
    """What prints one row after another, below their heads, and keeps them if they are to be."""
    printed = False

    def report(row: Row) -> None:
        nonlocal printed
        if not printed:
            print(_line(row), _line(["---"] * len(row)), sep="\n")
            printed = True
        print(_line(row.values()), flush=True)
        if record:
            keep(table, row)

    return report


def keep(table: str, row: Row) -> None:
    """Put a row in the place of the one that is of the same, or at the end.

    Raises `ValueError` where the table has other columns.
    """
    rows: list[Row] = list(rows_of(table)) if _file(table).exists() else []
    if rows and list(rows[0]) != list(row):
        raise ValueError(f"{_file(table)} has other columns: {', '.join(rows[0])}")
    of = list(row)[: KEYS[table]]
    same = [place for place, old in enumerate(rows) if all(old[n] == row[n] for n in of)]
    if same:
        rows[same[0]] = row
    else:
        rows.append(row)
    FOLDER.mkdir(exist_ok=True)
    with _file(table).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def rows_of(table: str) -> Sequence[Row]:
    """The rows that were kept, as they are shown."""
    with _file(table).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def column(table: str, name: str, **where: str) -> list[float]:
    """The numbers of a column in the rows whose cells are as `where` says; not of empty cells."""
    cells = [
        row[name] for row in rows_of(table) if all(row[k] == value for k, value in where.items())
    ]
    found = [re.search(r"[-+]?[\d.]+", cell.replace(",", "")) for cell in cells]
    return [float(number[0]) for number in found if number]


def markdown(table: str) -> str:
    """The table as Markdown, its numbers to the right."""
    rows = rows_of(table)
    rule = ["---:" if all(_NUMBER.fullmatch(row[name]) for row in rows) else "---"
            for name in rows[0]]  # fmt: skip
    lines = [_line(rows[0]), _line(rule), *(_line(row.values()) for row in rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _file(table: str) -> Path:
    return FOLDER / f"{table}.csv"
