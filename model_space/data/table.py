"""Tables in text files, such as labels.csv: a row for each image or sound, with its label."""

from __future__ import annotations

import codecs
import csv
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from model_space.data.columns import (
    YES,
    Found,
    find_columns,
    looks_like_file,
    without_split,
)
from model_space.data.file_set import FileSet, numbered
from model_space.data.listing import located
from model_space.data.reading import Reading
from model_space.data.source import PARTS, DataError
from model_space.data.spec import Columns

TABLES = (".csv", ".tsv")
_DELIMITERS = ",;\t|"
_SAMPLE = 50
"""Rows by which a delimiter is judged."""
_NAMED = 3
"""Files that are named, of those that are missing."""


@dataclass(frozen=True)
class TableForm:
    """The form of a table of files: how it is written, and what its columns are."""

    encoding: str
    delimiter: str
    header: bool
    path: int
    """The number of a column, from 0; so are `label` and `split`."""
    label: int
    split: int | None = None
    folder: str = "."
    """The folder of the files, from that of the table."""
    suffix: str = ""
    """The end of the files' names, where the table leaves it out."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """The part that each name of a split means."""
    one_hot: Mapping[int, str] = field(default_factory=dict)
    """The classes of columns that say yes to their class, in place of `label`."""


def table_files(path: Path, columns: Columns) -> FileSet:
    """List the files of a table. Raises `DataError` and `OSError`."""
    form, found = find_form(path, columns)
    rows = read_rows(path, form.encoding, form.delimiter)[form.header :]
    if not rows:
        raise DataError(f"{path} has no rows; give it one for each image or sound")
    if form.split is not None and (lacking := sum(not row[form.split].strip() for row in rows)):
        raise without_split(path, lacking, len(rows), str(found.split))
    labels = labels_of(path, rows, form)
    if "train" not in labels:
        raise DataError(
            f"{path} has no labelled row to train on ({_splits_of(found)}); add some, or name "
            "other columns with --columns"
        )
    _check_there(path, labels)
    classes, parts = numbered(str(path), labels)
    taken = sum(map(len, labels.values()))
    usable = [row for row in rows if row[form.path].strip() and row[form.label].strip()]
    account = Reading(
        splits={p: f"{found.split} {_words_of(form, p)}" for p in PARTS if p in parts}
        if form.split is not None
        else {},
        columns=found.names,
        columns_unused=found.unused,
        encoding="" if form.encoding in ("utf-8", "utf-8-sig") else form.encoding,
        beside="" if form.folder == "." else form.folder,
        unlabelled_rows=len(rows) - len(usable),
        repeated_rows=len(usable) - taken,
    )
    return FileSet(str(path), classes, parts, account)


def find_form(path: Path, columns: Columns) -> tuple[TableForm, Found]:
    """Find out how a table is written, and which of its columns are which.

    Raises `DataError` where that cannot be told.
    """
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding)
    rows = read_rows(path, encoding, delimiter)
    if not rows:
        raise DataError(f"{path} is empty; give it a row for each image or sound")
    found = find_columns(path, rows, columns)
    return (
        TableForm(
            encoding, delimiter, found.header, found.at["path"], found.at["label"],
            found.at.get("split"), found.folder, found.suffix, found.parts, found.one_hot,
        ),
        found,
    )  # fmt: skip


def read_rows(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    """Return the cells of a table by row, without empty rows.

    Raises `DataError` where a row has another number of cells than the first.
    """
    rows: list[list[str]] = []
    try:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                if rows and len(row) != len(rows[0]):
                    s = "" if len(row) == 1 else "s"
                    raise DataError(
                        f"line {reader.line_num} of {path} has {len(row)} cell{s}, and the first "
                        f"line {len(rows[0])}; quote cells that hold {delimiter!r}"
                    )
                rows.append(row)
    except (csv.Error, UnicodeError) as error:
        raise DataError(f"{path} cannot be read as a table ({error}); write it again") from error
    return rows


def labels_of(path: Path, rows: list[list[str]], form: TableForm) -> dict[str, dict[str, str]]:
    """Return the label of each file by part, without rows that lack a file or a label.

    Raises `DataError` where a file has two labels.
    """
    folder = os.path.normpath(path.parent / form.folder)
    labels: dict[str, dict[str, str]] = {}
    known: dict[str, str] = {}
    for row in rows:
        file, label = row[form.path].strip(), row[form.label].strip()
        for column, name in form.one_hot.items():
            label = name if row[column].strip().lower() in YES else label
        if not file or not label:
            continue
        part = "train" if form.split is None else form.parts[row[form.split].strip()]
        file = located(folder, file + form.suffix)
        # A number with an empty cell in its column is often written as 3.0.
        label = re.sub(r"^(-?\d+)\.0+$", r"\1", label)
        labels.setdefault(part, {})[file] = label
        if (other := known.setdefault(file, label)) != label:
            raise DataError(
                f"{file} has the labels {other} and {label} in {path}; a classifier needs one for "
                "each file, so remove the others"
            )
    return labels


def _check_there(path: Path, labels: Mapping[str, Mapping[str, str]]) -> None:
    """Raise `DataError` where files are missing, which says how many."""
    files = [file for of_part in labels.values() for file in of_part]
    lost = [file for file in files if not os.path.isfile(file)]
    if not lost:
        return
    names = ", ".join(lost[:_NAMED]) + (", …" if len(lost) > _NAMED else "")
    if re.match(r"https?:/", os.path.relpath(lost[0], path.parent)):
        raise DataError(
            f"{path} names {len(lost):,} addresses, which kouka does not download; download the "
            "files, and put their paths there"
        )
    are = "is" if len(lost) == 1 else "are"
    raise DataError(
        f"{len(lost):,} of the {len(files):,} files that {path} names {are} missing: {names}; "
        "restore them or remove their rows (paths count from the folder of the table)"
    )


def _encoding(path: Path) -> str:
    """Return the encoding of a text file, by its first bytes or by what decodes it."""
    content = path.read_bytes()
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    runs = re.findall(rb"[\x80-\xff]+", content)
    # Japanese comes in runs of such bytes, and Latin letters with accents mostly alone.
    japanese = 2 * sum(len(run) for run in runs if len(run) > 1) > sum(map(len, runs))
    for encoding in ["utf-8", "cp932", "cp1252"] if japanese else ["utf-8", "cp1252"]:
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _delimiter(path: Path, encoding: str) -> str:
    """Return what separates the cells.

    It divides the first rows into as many each, of which one ends as files do, and into the most.
    """
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        lines = [line.replace("\0", "") for line, _ in zip(file, range(_SAMPLE), strict=False)]

    def fit(delimiter: str) -> tuple[float, int, int]:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0, 0
        lengths = Counter(map(len, rows))
        cells = len(rows[0]) if rows else 0
        files = sum(any(map(looks_like_file, row)) for row in rows)
        return (lengths[cells] / len(rows) if cells > 1 else 0.0), files, cells

    best = max(_DELIMITERS, key=fit)
    if fit(best)[2] < 2:
        raise DataError(
            f"{path} is no table with a column of files and one of labels, separated by commas, "
            "semicolons, tabs or |; write it as one"
        )
    return best


def _splits_of(found: Found) -> str:
    return "it has no split column" if found.split is None else f"splits are in {found.split}"


def _words_of(form: TableForm, part: str) -> str:
    return "/".join(word for word, meant in form.parts.items() if meant == part)
