"""The rows that the scripts measured: plain numbers in measured/, formatted where pages show them.

A script prints its rows; with `--record` it keeps them too. A column's name says its unit.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

FOLDER = Path(__file__).with_name("measured")
KEYS = {
    "agreement": 2,
    "budgets": 4, "by_half": 3, "by_level": 4, "choosing": 3, "compiling": 3, "coverage": 3,
    "cpu_at_once": 3, "cpu_fit": 3, "cpu_steps": 3, "diverged": 3, "efficiency": 2, "equal_time": 2,
    "export": 2, "falling": 3,
    "fidelity": 3, "gains": 3, "gpu": 6, "gpu_kernels": 5, "growth": 2, "knowing": 2,
    "levels": 4, "looks": 1, "memory": 1, "missing": 4, "moved_rates": 3, "multiplied": 3,
    "numbers": 3, "other_levels": 3,
    "other_programs": 3, "plans": 3,
    "pruning": 3, "ranking": 2, "recommendation": 2, "rivals": 2, "scripts": 2, "selection": 3,
    "signs": 1, "some_asked": 3, "start": 2, "stopping": 1, "storage": 2, "streaming": 1,
    "tested": 5, "truth": 1, "truths": 3, "two_scales": 3, "verdicts": 1,
}  # fmt: skip
"""The number of columns, in each table, that say what a row is of."""
SIGNED = (
    "effect, points", "low, points", "high, points", "reference, points", "its low, points",
    "its high, points", "difference, points", "deviation, %",
)  # fmt: skip
"""Columns of differences, which are shown with their sign."""

Cell = str | float | None
"""A number, a word, or None where nothing was measured."""
Row = Mapping[str, Cell]


def reporter(table: str, *, record: bool) -> Callable[[Row], None]:
    """Make a function that prints one row after another, and keeps them if `record`."""
    printed = False

    def report(row: Row) -> None:
        nonlocal printed
        if not printed:
            print(_line(row), _line(["---"] * len(row)), sep="\n")
            printed = True
        print(_line(_written(cell) for cell in row.values()), flush=True)
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
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(row)
        writer.writerows([_written(cell) for cell in kept.values()] for kept in rows)


def rows_of(table: str) -> list[Row]:
    """Read the rows that were kept."""
    with _file(table).open(newline="", encoding="utf-8") as file:
        return [
            {name: _read(cell) for name, cell in row.items()} for row in csv.DictReader(file)
        ]  # fmt: skip


def column(table: str, name: str, **where: Cell) -> list[float]:
    """Give a column's numbers in the rows whose cells are as `where` says; not of empty cells."""
    cells = [
        row[name] for row in rows_of(table) if all(row[k] == value for k, value in where.items())
    ]
    return [cell for cell in cells if isinstance(cell, int | float)]


def markdown(table: str) -> str:
    """Show a table as Markdown: its numbers to the right, a column's with as many decimals."""
    rows = rows_of(table)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    shown = [_shown(name, cells) for name, cells in columns.items()]
    rule = ["---" if any(isinstance(cell, str) for cell in cells) else "---:"
            for cells in columns.values()]  # fmt: skip
    lines = [_line(columns), _line(rule), *map(_line, zip(*shown, strict=True))]
    return "\n".join(lines) + "\n"


def _shown(name: str, cells: list[Cell]) -> list[str]:
    numbers = [cell for cell in cells if isinstance(cell, int | float)]
    decimals = max((len(str(n).partition(".")[2]) for n in numbers), default=0)
    sign = "+" if name in SIGNED else ""
    return [
        "–" if cell is None else cell if isinstance(cell, str) else f"{cell:{sign},.{decimals}f}"
        for cell in cells
    ]


def _read(cell: str) -> Cell:
    for number in (int, float):
        try:
            return number(cell)
        except ValueError:
            continue
    return cell or None


def _written(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _file(table: str) -> Path:
    return FOLDER / f"{table}.csv"
