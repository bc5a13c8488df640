"""Data sets in Parquet and Arrow files, as Hugging Face's datasets saves them: lists of files."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from model_space.data.arrow_layout import SUFFIXES_OF_TABLES, find_arrow_layout, root
from model_space.data.arrow_rows import ArrowForm, batches_of, schema_of, unpack
from model_space.data.cache import kept_folder
from model_space.data.file_set import FileSet, numbered
from model_space.data.layout import SUFFIXES
from model_space.data.listing import walk
from model_space.data.reading import Reading
from model_space.data.source import PARTS, DataError
from model_space.data.spec import Columns


def holds_tables(folder: Path) -> bool:
    """Tell a folder of Parquet or Arrow files, and no images or sounds, by their suffixes."""
    found = False
    for file in walk(folder):
        suffix = file.suffix.lower()
        if suffix in SUFFIXES:
            return False
        found = found or suffix in SUFFIXES_OF_TABLES
    return found


def arrow_files(path: Path, columns: Columns) -> FileSet:
    """Unpack the images or sounds of a file or folder, once, and list them with their labels.

    Raises `DataError` and `OSError`.
    """
    if find_spec("pyarrow") is None:
        raise DataError(f"--data {path} needs pyarrow: pip install 'kouka[hf]'")
    found = find_arrow_layout(path, columns)
    form, folder = found.form, root(path)
    digest = hashlib.sha256(repr(form).encode())
    for names in form.files.values():
        for name in names:
            facts = os.stat(folder / name)
            digest.update(repr((str(folder / name), facts.st_size, facts.st_mtime_ns)).encode())
    suffix = ".wav" if found.sounds else ""

    def fill(into: Path) -> None:
        labels = unpack(folder, form, into, suffix)
        (into / "labels.json").write_text(json.dumps(labels), encoding="utf-8")

    unpacked = kept_folder(digest.hexdigest()[:32], fill)
    stored = json.loads((unpacked / "labels.json").read_text(encoding="utf-8"))
    labels: dict[str, dict[str, str]] = {
        part: {str(unpacked / file): label for file, label in rows.items()}
        for part, rows in stored.items() if part
    }  # fmt: skip
    lacking = stored.get("", {})
    if "train" not in labels:
        raise DataError(f"{path} has no labelled row to train on; give other --data")
    classes, parts = numbered(str(path), labels, form.names)
    said = {"path": form.data, "label": form.label}
    if form.split is not None:
        said["split"] = form.split
    names = schema_of(folder / form.files["train"][0]).names
    account = Reading(
        splits=_said_splits(form, tuple(parts)),
        columns=said,
        columns_unused=tuple(name for name in names if name not in said.values()),
        unlabelled_rows=len(lacking),
        splits_left_out=found.left_out,
        empty_classes=tuple(name for name in form.names if name not in classes),
    )
    in_words = partial(_with_rows, folder=folder, form=form, unpacked=unpacked)
    return FileSet(str(path), classes, parts, account, unpacked, in_words)


def _with_rows(message: str, folder: Path, form: ArrowForm, unpacked: Path) -> str:
    """Name unpacked files in a message by the row, from 1, of the file that they are from."""

    def row(found: re.Match[str]) -> str:
        part, left = found[1] if form.split is None else next(iter(form.files)), int(found[2])
        for file in (folder / name for name in form.files[part]):
            rows = sum(len(batch) for batch in batches_of(file, [form.label]))
            if left < rows:
                return f"row {left + 1} of {file}"
            left -= rows
        return found[0]

    return re.sub(rf"{re.escape(str(unpacked))}.(\w+).row-(\d+)(?:\.wav)?", row, message)


def arrow_holds_sounds(path: Path, columns: Columns) -> bool:
    """Return True where the column of data is one of sounds. Raises `DataError` and `OSError`."""
    return find_spec("pyarrow") is not None and find_arrow_layout(path, columns).sounds


def _said_splits(form: ArrowForm, parts: Sequence[str]) -> dict[str, str]:
    in_turn = [part for part in PARTS if part in parts]
    if form.split is not None:
        return {
            part: f"{form.split} " + "/".join(w for w, meant in form.parts.items() if meant == part)
            for part in in_turn
        }
    if len(form.files) == 1:
        return {}
    counts = {part: len(form.files[part]) for part in in_turn}
    return {
        part: form.files[part][0] + (f" and {count - 1} more" if count > 1 else "")
        for part, count in counts.items()
    }
