"""Parquet and Arrow files of images or sounds, as Hugging Face's datasets saves them.

Nothing in them is ever unpickled or run.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from model_space.data.cache import kept_folder
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
from model_space.data.file_set import FileSet, numbered
from model_space.data.layout import SUFFIXES, named_part
from model_space.data.listing import SOUNDS, walk
from model_space.data.reading import Reading
from model_space.data.source import PARTS, DataError
from model_space.data.spec import Columns

SUFFIXES_OF_TABLES = (".parquet", ".arrow")
_DATA = ("image", "img", "images", "audio", "sound", "picture", "photo", "pixelvalues")
"""Usual names of columns of images or sounds, as `model_space.data.columns` has names."""
_AT_ONCE = 100
"""Rows in memory at once."""


@dataclass(frozen=True)
class ArrowForm:
    """The form of a data set in Parquet or Arrow files."""

    data: str
    """The name of the column of images or sounds."""
    label: str
    names: tuple[str, ...]
    """The names of the classes that labels number; none where labels are names themselves."""
    files: Mapping[str, tuple[str, ...]]
    """The files of each part, from the data set's folder; of all rows where `split` divides
    them."""
    split: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    """The part that each name of a split means."""


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
    form, others, sounds = find_arrow_form(path, columns)
    folder = root(path)
    digest = hashlib.sha256(repr(form).encode())
    for names in form.files.values():
        for name in names:
            facts = os.stat(folder / name)
            digest.update(repr((str(folder / name), facts.st_size, facts.st_mtime_ns)).encode())
    suffix = ".wav" if sounds else ""

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
    names = _schema(folder / form.files["train"][0]).names
    account = Reading(
        splits=_said_splits(form, tuple(parts)),
        columns=said,
        columns_unused=tuple(name for name in names if name not in said.values()),
        unlabelled_rows=len(lacking),
        splits_left_out=others,
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
    return find_spec("pyarrow") is not None and find_arrow_form(path, columns)[2]


def root(path: Path) -> Path:
    """Return the folder from which the files of a data set are named."""
    return path if path.is_dir() else path.parent


def unpack(
    folder: Path, form: ArrowForm, into: Path, suffix: str = ""
) -> dict[str, dict[str, str]]:
    """Write the images or sounds to files, and return the label of each file by part.

    Rows without content or label are those of part "", and not written. Names end in `suffix`.
    Raises `DataError`.
    """
    labels: dict[str, dict[str, str]] = {}
    for part, names in form.files.items():
        columns = [c for c in (form.data, form.label, form.split) if c is not None]
        for number, row in enumerate(rows_of([folder / name for name in names], columns)):
            own = part if form.split is None else form.parts[str(row[form.split])]
            content = content_of(row[form.data], folder)
            label = label_of(row[form.label], form.names)
            file = f"{own}/row-{number:07d}{suffix}"
            if content is None or label is None:
                labels.setdefault("", {})[file] = ""
                continue
            (into / own).mkdir(exist_ok=True)
            (into / file).write_bytes(content)
            labels.setdefault(own, {})[file] = label
    return labels


def rows_of(files: Sequence[Path], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of Parquet or Arrow files, with the columns of those names."""
    for file in files:
        for batch in batches_of(file, columns):
            yield from batch.to_pylist()


def batches_of(file: Path, columns: Sequence[str] | None) -> Iterator[Any]:
    """Yield the batches of a Parquet or Arrow file, of all columns or of some.

    Raises `DataError` where it is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if file.suffix.lower() == ".parquet":
            with pq.ParquetFile(file, memory_map=True, pre_buffer=False) as opened:
                yield from opened.iter_batches(_AT_ONCE, columns=columns, use_threads=False)
            return
        with pa.memory_map(str(file)) as opened:
            stream = opened.read(6) != b"ARROW1"
            opened.seek(0)
            reader = pa.ipc.open_stream(opened) if stream else pa.ipc.open_file(opened)
            batches = reader if stream else map(reader.get_batch, range(reader.num_record_batches))
            for batch in batches:
                chosen = batch if columns is None else batch.select(list(columns))
                for first in range(0, len(chosen), _AT_ONCE):
                    yield chosen.slice(first, _AT_ONCE)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{file} cannot be read ({str(error).splitlines()[0][:200]}); write it again"
        ) from error


def content_of(value: Any, folder: Path) -> bytes | None:
    """Return the bytes of an image or a sound; None where there is none.

    A value that only names a file is read from there. Raises `DataError` where it is missing.
    """
    if isinstance(value, bytes) or not value:
        return value or None
    content, name = None, value
    if isinstance(value, dict) and {"bytes", "path"} & value.keys():
        content, name = value.get("bytes"), value.get("path")
    if not (content is None or isinstance(content, bytes)) or not isinstance(name, str | None):
        raise DataError(
            f"the data set in {folder} has {type(value).__name__} where its images or sounds "
            "should be; --columns path=COLUMN names a column of files, of their names, or of both"
        )
    if content is None and name:
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise DataError(
                f"the data set in {folder} names files that are not there, such as {name}; save it "
                "with their content, or restore them"
            ) from error
    return content or None


def label_of(value: Any, names: Sequence[str]) -> str | None:
    """Return the name of a label's class; None where there is no label."""
    if value is None or value in ("", b"") or (isinstance(value, float) and math.isnan(value)):
        return None
    if names and isinstance(value, int):
        return names[value] if 0 <= value < len(names) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def find_arrow_form(path: Path, columns: Columns) -> tuple[ArrowForm, dict[str, int], bool]:
    """Find out how a data set is laid out.

    Returns its form, the rows of splits that are left out, and True for sounds. Raises `DataError`.
    """
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
    schema = _schema(parts["train"][0])
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
        if lacking := {data, label, *([split] if split else [])} - set(_schema(file).names):
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
    return form, counts, _are_sounds(features.get(data), data, parts["train"][0])


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


def _schema(file: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if file.suffix.lower() == ".parquet":
            return pq.read_schema(file)
        with pa.memory_map(str(file)) as opened:
            stream = opened.read(6) != b"ARROW1"
            opened.seek(0)
            return (pa.ipc.open_stream(opened) if stream else pa.ipc.open_file(opened)).schema
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{file} cannot be read ({str(error).splitlines()[0][:200]}); write it again"
        ) from error


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
