"""Loading a data set by its name: reading, splitting and decoding."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from model_space.data.arrays import KERAS_SETS, read_digits, read_keras, read_npz
from model_space.data.dataset import Data
from model_space.data.folder import read_folder
from model_space.data.images import resized
from model_space.data.source import DataError, Progress, Source
from model_space.data.spec import READER, DataSpec
from model_space.data.splits import split
from model_space.data.stretching import narrow_range, stretched_like
from model_space.data.tfds import TFDS, read_tfds

DIGITS = "digits"

_SMALLEST_IMAGE = 15
"""Pixels a side that three 3×3 convolutions of stride 2 without padding need."""


def is_set(name: str) -> bool:
    """Tell the name of a data set from a path, as `--data` does."""
    return name in (DIGITS, *KERAS_SETS) or name.startswith(TFDS)


def load(
    name: str,
    *,
    image_size: int | None = None,
    validation: float = 0.1,
    train_size: int | None = None,
    seed: int = 0,
    reader: int = READER,
    reading: Progress = lambda done, of: None,
) -> Data:
    """Read the data set of that name, hold out the parts it lacks, and decode what will be used.

    The arguments are the fields of `DataSpec`. The files of a folder are decoded once and kept in
    the cache on the disk, from which the images are mapped. `reading` is called about once a
    second with the number of images decoded and the number of all. Raises `DataError`, whose
    message says what is wrong with the data, and `OSError`.
    """
    with closing(find(name, image_size, reader, reading)) as source:
        parts = split(source, validation=validation, train_size=train_size, seed=seed)
        if name == DIGITS and image_size is None:
            image_size = 16
        images = [source.decode(entries, reading) for entries, _ in parts]
    narrow = narrow_range(images[0]) if reader > 1 else None
    if narrow is not None:
        images = [stretched_like(of_part, *narrow) for of_part in images]
    train, held, test = (
        (resized(of_part, image_size), labels)
        for of_part, (_, labels) in zip(images, parts, strict=True)
    )
    account = replace(source.reading, stretched=narrow)
    data = Data(source.classes, train, held, test, source.sound, account)
    height, width, _ = data.image_shape
    if min(height, width) < _SMALLEST_IMAGE:
        raise DataError(
            f"the images are {height}×{width} pixels, and the network needs at least "
            f"{_SMALLEST_IMAGE}×{_SMALLEST_IMAGE}; --image-size 16 enlarges them"
        )
    return data


def load_spec(spec: DataSpec, reading: Progress) -> Data:
    """Load the data set that a specification describes; as `load`."""
    return load(
        spec.name,
        image_size=spec.image_size,
        validation=spec.validation,
        train_size=spec.train_size,
        seed=spec.seed,
        reader=spec.reader,
        reading=reading,
    )


def find(
    name: str,
    image_size: int | None,
    reader: int = READER,
    reading: Progress = lambda done, of: None,
) -> Source:
    """List the entries of a data set, before anything is held out or decoded.

    The arguments are as those of `load`. Raises `DataError`.
    """
    _check_name(name)
    if reader > READER:
        raise DataError(
            f"the data were read by version {reader} of the rules, and this kouka knows {READER}; "
            "use the kouka that launched the study"
        )
    if name == DIGITS:
        return read_digits()
    if name in KERAS_SETS:
        return read_keras(name)
    if name.startswith(TFDS):
        return read_tfds(name, image_size, reader)
    if Path(name).is_dir():
        return read_folder(Path(name), image_size, reader, reading)
    return read_npz(Path(name), reader)


def _check_name(name: str) -> None:
    """Raise `DataError` unless `name` is that of a set, a folder or a .npz file."""
    path = Path(name)
    if is_set(name) or path.is_dir() or (path.suffix.lower() == ".npz" and path.is_file()):
        return
    kinds = (
        f"{DIGITS}, {', '.join(KERAS_SETS)}, {TFDS}NAME, a folder of images or sounds, or a .npz "
        "file"
    )
    if path.exists():
        raise DataError(f"--data {name} is neither a folder nor a .npz file; --data takes {kinds}")
    raise DataError(f"there is no data set and no path {name!r}; --data takes {kinds}")
