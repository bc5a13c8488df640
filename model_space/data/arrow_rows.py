"""Rows of Parquet and Arrow files: reading them, and unpacking the images or sounds in them.

Nothing in them is ever unpickled or run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_space.data.source import DataError

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


def schema_of(file: Path) -> Any:
    """Return the schema of a Parquet or Arrow file; raises `DataError` where it is damaged."""
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
