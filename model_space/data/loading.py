"""Loading a data set by its name: reading, splitting and decoding."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from model_space.data import folder
from model_space.data.archive import archive_files, archive_holds_sounds, is_archive
from model_space.data.arrays import KERAS_SETS, read_digits, read_keras, read_npz
from model_space.data.arrow import arrow_files, arrow_holds_sounds, holds_tables
from model_space.data.arrow_layout import SUFFIXES_OF_TABLES
from model_space.data.dataset import Data
from model_space.data.file_set import FileSet
from model_space.data.hub import hub_files
from model_space.data.images import resized
from model_space.data.listing import SOUNDS
from model_space.data.merging import merged
from model_space.data.places import DIGITS, HUB, check_several, is_set, places
from model_space.data.source import PARTS, DataError, Progress, Source
from model_space.data.spec import READER, Columns, DataSpec
from model_space.data.splits import split
from model_space.data.stretching import narrow_range, stretched_like
from model_space.data.table import TABLES, table_files
from model_space.data.tfds import TFDS, read_tfds

_SMALLEST_IMAGE = 15
"""Pixels a side that three 3×3 convolutions of stride 2 without padding need."""


def load(
    name: str,
    *,
    image_size: int | None = None,
    validation: float = 0.1,
    train_size: int | None = None,
    seed: int = 0,
    reader: int = READER,
    columns: Columns | None = None,
    reading: Progress = lambda done, of: None,
) -> Data:
    """Load the data set of that name; as `load_spec`, by the fields of `DataSpec`."""
    spec = DataSpec(name, image_size, validation, train_size, seed, reader, columns)
    return load_spec(spec, reading)


def load_spec(spec: DataSpec, progress: Progress = lambda done, of: None) -> Data:
    """Read a data set, hold out the parts it lacks, and decode what will be used.

    The files of a folder are decoded once and kept in the cache on the disk, from which the images
    are mapped. `progress` is called about once a second with the number of images decoded and the
    number of all. Raises `DataError`, whose message says what is wrong with the data, and
    `OSError`.
    """
    with closing(find(spec, progress)) as source:
        parts = split(source, spec)
        images = [source.decode(entries, progress) for entries, _ in parts]
    narrow = narrow_range(images[0]) if spec.reader > 1 else None
    account = source.reading
    if narrow is not None:
        ranges = {
            part: (float(of_part.min()), float(of_part.max()))
            for part, of_part in zip(PARTS, images, strict=True) if len(of_part)
        }  # fmt: skip
        account = replace(account, stretched=narrow, ranges=ranges)
        images = [stretched_like(of_part, *narrow) for of_part in images]
    size = spec.image_size
    if size is not None and images[0].shape[1:3] != (size, size):
        account = replace(account, resized=sum(map(len, images)))
    if spec.name == DIGITS and size is None:
        size = 16
    train, held, test = (
        (resized(of_part, size), labels) for of_part, (_, labels) in zip(images, parts, strict=True)
    )
    files = None
    if source.file_of is not None:
        names = {part: entries for part, (entries, _) in zip(PARTS, parts, strict=True)}
        files = partial(_file, names, source.file_of)
    data = Data(source.classes, train, held, test, source.sound, account, files)
    height, width, _ = data.image_shape
    if min(height, width) < _SMALLEST_IMAGE:
        raise DataError(
            f"the images are {height}×{width} pixels, and the network needs at least "
            f"{_SMALLEST_IMAGE}×{_SMALLEST_IMAGE}; --image-size 16 enlarges them"
        )
    return data


def _file(
    names: Mapping[str, np.ndarray], file_of: Callable[[str], str], part: str, at: int
) -> str:
    return folder.in_unicode(file_of(str(names[part][at])))


def find(spec: DataSpec, progress: Progress = lambda done, of: None) -> Source:
    """List the entries of a data set, before anything is held out or decoded.

    Raises `DataError` and `OSError`.
    """
    name, image_size, reader, columns = spec.name, spec.image_size, spec.reader, spec.columns
    check_data_name(name)
    if reader > READER:
        raise DataError(
            f"the data were read by version {reader} of the rules, and this kouka knows {READER}; "
            "use the kouka that launched the study"
        )
    if columns is not None and not is_table(name):
        raise DataError(
            f"--columns {columns} is for tables, and --data {name} is none; leave it out"
        )
    if name == DIGITS:
        return read_digits()
    if name in KERAS_SETS:
        return read_keras(name)
    if name.startswith(TFDS):
        return read_tfds(name, image_size, reader)
    path = Path(name)
    if reader == 1 and path.is_dir():
        return folder.read_as_before(path, image_size, progress)
    if _is_npz(path):
        return read_npz(path, reader)
    return file_set(name, columns).source(image_size, progress)


def file_set(name: str, columns: Columns | None = None) -> FileSet:
    """List the files of a data set of files. Raises `DataError` and `OSError`."""
    named = columns or Columns()
    if name.startswith(HUB):
        return hub_files(name, named)
    paths = places(name)
    if len(paths) > 1:
        check_several(name)
        return merged(name, [folder.folder_files(path) for path in paths])
    path = paths[0]
    if is_arrow(path):
        return arrow_files(path, named)
    if path.is_dir():
        return folder.folder_files(path)
    if is_archive(path):
        return archive_files(path)
    return table_files(path, named)


def holds_sounds(name: str, columns: Columns | None = None) -> bool:
    """Return True where data are sounds, as far as that is seen without reading them all.

    False where they are of another kind, cannot be used, or would have to be downloaded.
    """
    if is_set(name):
        return False
    path = places(name)[0]
    try:
        if is_arrow(path):
            return arrow_holds_sounds(path, columns or Columns())
        if path.is_dir():
            return folder.holds_sounds(path)
        if is_archive(path):
            return archive_holds_sounds(path)
        if _is_text(path):
            files = table_files(path, columns or Columns()).parts["train"][0]
            return Path(files[0]).suffix.lower() in SOUNDS
    except (DataError, OSError):
        pass  # the reader says why
    return False


def is_table(name: str) -> bool:
    """Tell data whose labels are in a column."""
    if is_set(name):
        return name.startswith(HUB)
    paths = places(name)
    return len(paths) == 1 and (is_arrow(paths[0]) or _is_text(paths[0]))


def is_arrow(path: Path) -> bool:
    """Tell a Parquet or Arrow file, or a folder of them."""
    if os.path.isdir(path):
        return holds_tables(path)
    return path.suffix.lower() in SUFFIXES_OF_TABLES


def _is_text(path: Path) -> bool:
    return path.suffix.lower() in TABLES and not os.path.isdir(path)


def _is_npz(path: Path) -> bool:
    return path.suffix.lower() == ".npz" and not os.path.isdir(path)


def check_data_name(name: str) -> None:
    """Raise `DataError` unless `name` is that of a set, or of a path that kouka reads."""
    if name in (TFDS, HUB):
        raise DataError(f"--data {name} names no data set; it takes {name}NAME")
    if is_set(name):
        return
    kinds = (
        f"{DIGITS}, {', '.join(KERAS_SETS)}, {TFDS}NAME, {HUB}NAME, a folder of images or sounds "
        "(several, separated by commas), such a folder in a .zip or .tar, a table "
        f"({', '.join((*TABLES, *SUFFIXES_OF_TABLES))}), or a .npz file"
    )
    paths = places(name)
    if len(paths) > 1 and any(map(os.path.exists, paths)):
        return
    path = paths[0]
    if len(paths) > 1 or not os.path.exists(path):
        raise DataError(f"there is no data set and no path {name!r}; --data takes {kinds}")
    if not (path.is_dir() or _is_npz(path) or _is_text(path) or is_archive(path) or is_arrow(path)):
        raise DataError(
            f"--data {name} is neither a folder nor a .npz file, an archive or a table; --data "
            f"takes {kinds}"
        )
