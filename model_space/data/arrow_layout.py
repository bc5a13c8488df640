"""The form of a data set in Parquet or Arrow files: its splits, and its columns.

What Hugging Face's datasets says of them is taken; else they are known by names and types.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_space.data.arrow_rows import ArrowForm, batches_of, rows_of, schema_of
from model_space.data.columns import (
    LABELS,
    SPLITS,
    find_split,
    listed,
    named_columns,
    not_one,
    plain,
    without_split,
)
from model_space.data.layout import named_part
from model_space.data.listing import SOUNDS, walk
from model_space.data.source import DataError
from model_space.data.spec import Columns

SUFFIXES_OF_TABLES = (".parquet", ".arrow")
_DATA = ("image", "img", "images", "audio", "sound", "picture", "photo", "pixelvalues")
"""Usual names of columns of images or sounds, as `model_space.data.columns` has names."""


def root(path: Path) -> Path:
    """Return the folder from which the files of a data set are named."""
    return path if path.is_dir() else path.parent


@dataclass(frozen=True)
class ArrowLayout:
    """The layout of a data set: its form, and what is not in it."""

    form: ArrowForm
    left_out: Mapping[str, int]
    """The rows of splits that are none to train on, to validate with or to test on."""
    sounds: bool


def find_arrow_layout(path: Path, columns: Columns) -> ArrowLayout:
    """Find out how a data set is laid out. Raises `DataError`."""
    by_split = _files_by_split(path)
    parts: dict[str, list[Path]] = {}
    others: dict[str, list[Path]] = {}
    for name, files in by_split.items():
        part = named_part(name)
        if part is None and len(by_split) > 1:
            others[name] = files
        else:
            parts.setdefault(part[0] if part else "train", []).extend(files)
    if "train" not in parts:
        raise DataError(
            f"{path} has {listed(list(by_split))} but no train split; add one, or give other --data"
        )
    schema = schema_of(parts["train"][0])
    names = list(schema.names)
    features = _features(schema, parts["train"][0].with_name("dataset_info.json"))
    taken = named_columns(path, names, columns)
    data = names[taken["path"]] if "path" in taken else _find_data(path, schema, features)
    label = names[taken["label"]] if "label" in taken else _find_label(path, schema, features, data)
    split: str | None = None
    meant: dict[str, str] = {}
    if len(parts) == 1:
        split, meant = _find_split(path, schema, parts["train"], {data, label}, taken)
    for file in (file for files in parts.values() for file in files):
        if lacking := {data, label, *([split] if split else [])} - set(schema_of(file).names):
            raise DataError(
                f"{file} lacks the column {min(lacking)}, which others of {path} have; give it one"
            )
    feature = features.get(label)
    classes = feature.get("names", ()) if isinstance(feature, dict) else ()
    folder = root(path)
    form = ArrowForm(
        data,
        label,
        tuple(map(str, classes)),
        {part: tuple(os.path.relpath(f, folder) for f in files) for part, files in parts.items()},
        split,
        meant,
    )
    counts = {name: sum(map(_rows, files)) for name, files in others.items()}
    return ArrowLayout(form, counts, _are_sounds(features.get(data), data, parts["train"][0]))


def _files_by_split(path: Path) -> dict[str, list[Path]]:
    """Return the files of each split, in order; those of one without name are of split ""."""
    if path.is_file():
        return {"": [path]}
    files: dict[str, list[Path]] = {}
    for file in sorted(walk(path)):
        if file.suffix.lower() not in SUFFIXES_OF_TABLES or file.name.startswith("cache-"):
            continue
        inside = file.relative_to(path)
        words = [re.sub(r"-\d+-of-\d+.*|[-_.]?\d+$", "", file.stem), *reversed(inside.parts[:-1])]
        split = next((word for word in words if named_part(word) is not None), None)
        if split is None:
            folder = inside.parts[-2] if len(inside.parts) > 1 else ""
            split = folder if words[0] in ("data", "part", "") else words[0]
        files.setdefault(split, []).append(file)
    if len(files) > 1 and not any(named_part(split) for split in files):
        return {"": sorted(file for of_split in files.values() for file in of_split)}
    return files


def _features(schema: Any, info: Path) -> dict[str, Any]:
    """Return what the library datasets says of the columns, by name; nothing where it does not.

    It says so in the schema, and in a file `info`, which may be there.
    """
    try:
        stored = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = stored.get("info", {}).get("features")
        if not features and info.is_file():
            features = json.loads(info.read_text(encoding="utf-8"))["features"]
    except (ValueError, KeyError, TypeError, AttributeError):
        features = {}
    return features if isinstance(features, dict) else {}


def _rows(file: Path) -> int:
    return sum(len(batch) for batch in batches_of(file, []))


def _find_data(path: Path, schema: Any, features: Mapping[str, Any]) -> str:
    """Return the name of the column of images or sounds."""
    import pyarrow.types as types

    names = [
        one.name for one in schema
        if _kind(features.get(one.name)) in ("Image", "Audio")
        or (types.is_struct(one.type) and one.type.get_field_index("bytes") >= 0)
        or types.is_binary(one.type) or types.is_large_binary(one.type)
    ]  # fmt: skip
    usual = [name for name in names if plain(name) in _DATA]
    if len(names) > 1:
        names = usual or names
    if len(names) != 1:
        what = f"the column of {path} with images or sounds"
        raise not_one(what, "path", names, schema.names)
    return str(names[0])


def _find_label(path: Path, schema: Any, features: Mapping[str, Any], data: str) -> str:
    """Return the name of the column of labels."""
    import pyarrow.types as types

    def may_be(kind: Any) -> bool:
        if types.is_dictionary(kind):
            kind = kind.value_type
        return any(
            is_kind(kind)
            for is_kind in (types.is_integer, types.is_string, types.is_large_string,
                            types.is_boolean, types.is_floating)
        )  # fmt: skip

    columns = [one.name for one in schema if one.name != data and may_be(one.type)]
    labels = [name for name in columns if _kind(features.get(name)) == "ClassLabel"]
    usual = [name for name in columns if plain(name) in LABELS]
    for candidates in (labels, [name for name in labels if name in usual], usual, columns):
        if len(candidates) == 1:
            return str(candidates[0])
    may = labels or usual or columns
    raise not_one(f"the label column of {path}", "label", may, schema.names)


def _find_split(
    path: Path, schema: Any, files: Sequence[Path], others: set[str], taken: Mapping[str, int]
) -> tuple[str | None, dict[str, str]]:
    """Return the name of the column of splits, if there is one, and the part of each value."""
    import pyarrow.types as types

    texts = [
        one.name for one in schema
        if one.name not in others and plain(one.name) in SPLITS
        and (types.is_string(one.type) or types.is_dictionary(one.type))
    ]  # fmt: skip
    if "split" in taken:
        texts = [schema.names[taken["split"]]]
    if not texts:
        return None, {}
    values: dict[str, Counter[str]] = {name: Counter() for name in texts}
    for row in rows_of(files, texts):
        for name, value in row.items():
            values[name][str(value)] += 1
    columns = [list(values[name]) for name in texts]
    named = {"split": 0} if "split" in taken else {}
    at, parts = find_split(path, texts, columns, named)
    if at is None:
        return None, {}
    if lacking := values[texts[at]][""]:
        raise without_split(path, lacking, values[texts[at]].total(), texts[at])
    return texts[at], parts


def _kind(feature: Any) -> str:
    return str(feature.get("_type", "")) if isinstance(feature, dict) else ""


def _are_sounds(feature: Any, data: str, file: Path) -> bool:
    """Tell a column of sounds by its type, its name, or the first file's."""
    if _kind(feature):
        return _kind(feature) == "Audio"
    row: dict[str, Any] = next(rows_of([file], [data]), {})
    value = row.get(data)
    name = value.get("path") if isinstance(value, dict) else value
    if isinstance(name, str) and Path(name).suffix:
        return Path(name).suffix.lower() in SOUNDS
    return plain(data) in ("audio", "sound")
