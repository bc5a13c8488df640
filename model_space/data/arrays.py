"""Data sets of arrays: .npz files, scikit-learn's digits, and Keras' own sets."""

from __future__ import annotations

import gzip
import os
import re
import zipfile
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from model_space.data.class_names import look_alikes
from model_space.data.reading import AS_IT_IS, Levels, Reading
from model_space.data.source import DataError, Part, Source

KERAS_SETS = ("cifar10", "cifar100", "mnist", "fashion_mnist")

_LAYOUTS = "x_train, y_train and, if you like, x_test, y_test, x_val, y_val; or x, y"

_KINDS = {
    "x": ("x", "data", "image", "images", "img", "imgs", "features", "inputs"),
    "y": ("y", "label", "labels", "target", "targets"),
}
_PARTS = {
    "train": ("train", "training", "tr"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "te", "eval"),
}
_MEANINGS = {
    name: (part, kind)
    for part, of_part in _PARTS.items() for at in of_part
    for kind, of_kind in _KINDS.items() for what in of_kind
    for name in (what + at, at + what)
} | {what: ("train", kind) for kind, of_kind in _KINDS.items() for what in of_kind}  # fmt: skip
"""The part and the kind of an array by its name, in lower case, of letters alone."""

_LARGEST_EXACT = 2**53
"""The number up to which floats hold every whole number."""

NARROW = 0.25
"""The part of the range from 0 to 1 that images must use; with less, their values are stretched."""

_FIRST_NAMES = ("x_train", "y_train", "x_test", "y_test", "x_val", "y_val")
"""The names that the first version of the reader took, beside x and y."""

_Names = dict[str, tuple[str, str]]
"""The names of the arrays of images and of labels, by part."""


def read_digits() -> Source:
    """Read the 1,797 scans of handwritten digits, 8×8, that ship with scikit-learn."""
    rows = _rows_of_digits()
    images = (rows[:, :-1] * (255 / 16)).round().astype(np.uint8).reshape(-1, 8, 8, 1)
    return _source((images, rows[:, -1].astype(np.int64)), None, None, tuple("0123456789"))


def _rows_of_digits() -> np.ndarray:
    """Read (1797, 65): the 64 pixels of an image, 0 to 16, and its digit."""
    package = find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        # The file itself, as importing scikit-learn takes a second.
        file = Path(folder, "datasets", "data", "digits.csv.gz")
        if file.exists():
            with gzip.open(file, "rt", encoding="ascii") as lines:
                return np.loadtxt(lines, delimiter=",")
    from sklearn.datasets import load_digits

    digits = load_digits()
    return np.column_stack([digits.data, digits.target])


def read_keras(name: str) -> Source:
    """Read one of Keras' own sets, which Keras downloads on its first use."""
    import keras

    try:
        train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:
        raise DataError(
            f"Keras could not download {name!r} (is this machine online?); "
            "--data also takes digits, a folder of images or sounds with one subfolder per "
            "class, or a .npz file"
        ) from error
    labels = np.concatenate([train[1], test[1]]).ravel()
    classes = tuple(str(label) for label in np.unique(labels))
    return _source(
        (_images(train[0], name), train[1].ravel().astype(np.int64)),
        None,
        (_images(test[0], name), test[1].ravel().astype(np.int64)),
        classes,
    )


def read_npz(path: Path, reader: int) -> Source:
    """Read a NumPy archive; nothing in it is ever unpickled. Raises `DataError`.

    `reader` is the version of the rules.
    """
    names, arrays, others = _load(path, reader)
    images = {part: _images(arrays[x], f"{x} of {path}") for part, (x, _) in names.items()}
    shapes = {part: image.shape[1:] for part, image in images.items()}
    if len(set(shapes.values())) > 1:
        raise DataError(
            f"the images of {path} differ in shape between its parts: {shapes}; give all one shape"
        )
    labels = {part: _labels(arrays[y], f"{y} of {path}") for part, (_, y) in names.items()}
    _check_counts(path, names, images, labels)
    values = np.unique(labels["train"])
    for part, (_, y) in names.items():
        if unknown := sorted(set(labels[part].tolist()) - set(values.tolist())):
            raise DataError(
                f"{y} of {path} has labels that {names['train'][1]} lacks: {unknown}"
                f"{look_alikes(unknown, values)}; remove those images, or add some of their "
                "classes to train on"
            )
    scaled, levels = _scaled(images, reader)
    _check_types(path, names, scaled)
    parts = {part: (image, np.searchsorted(values, labels[part])) for part, image in scaled.items()}
    reading = Reading(
        splits={part: x for part, (x, _) in names.items()} if len(names) > 1 else {},
        arrays_left_out=others,
        levels=levels,
    )
    return _source(
        parts["train"],
        parts.get("validation"),
        parts.get("test"),
        tuple(str(value) for value in values),
        reading,
    )


def _check_counts(
    path: Path, names: _Names, images: dict[str, np.ndarray], labels: dict[str, np.ndarray]
) -> None:
    """Raise `DataError` where a part has no images, or not as many labels as images."""
    for part, (x, y) in names.items():
        if len(images[part]) != len(labels[part]):
            raise DataError(
                f"{path} has {len(images[part])} images in {x} and {len(labels[part])} labels "
                f"in {y}; the numbers must be equal"
            )
    for part, (x, _) in names.items():
        if not images[part].size:
            remedy = "give images to train on" if part == "train" else "fill it, or leave it out"
            raise DataError(f"{x} of {path} is empty; {remedy}")


def _check_types(path: Path, names: _Names, scaled: dict[str, np.ndarray]) -> None:
    """Raise `DataError` where some parts are bytes, and others numbers from 0 to 1."""
    for part, (x, _) in names.items():
        if scaled[part].dtype != scaled["train"].dtype:
            of_train, of_part = (
                "bytes" if scaled[one].dtype == np.uint8 else "numbers from 0 to 1"
                for one in ("train", part)
            )
            raise DataError(
                f"{names['train'][0]} of {path} holds {of_train} and {x} {of_part}; give both the "
                "same type"
            )


def npz_names(path: Path, held: Collection[str], reader: int) -> _Names:
    """Return the names of the images and labels of each part, among those an archive holds.

    x and y without a part are to train on. Raises `DataError` where there is nothing to train on,
    or two names mean the same.
    """
    if reader == 1:
        first = _FIRST_NAMES if {"x_train", "y_train"} <= set(held) else ("x", "y")
        held = [name for name in held if name in first]
    found: dict[tuple[str, str], str] = {}
    for name in held:
        meaning = _MEANINGS.get(re.sub(r"[\W_]", "", name.lower()))
        if meaning is not None and (other := found.setdefault(meaning, name)) != name:
            raise DataError(
                f"{path} holds {other} and {name}, which mean the same; it needs {_LAYOUTS}"
            )
    if {kind for part, kind in found if part == "train"} != _KINDS.keys():
        names_held = ", ".join(sorted(held)) or "nothing"
        raise DataError(f"{path} holds {names_held}; it needs {_LAYOUTS}")
    names = {}
    for part in _PARTS:
        pair = [found[part, kind] for kind in _KINDS if (part, kind) in found]
        if len(pair) == 1:
            raise DataError(f"{path} has {pair[0]} without its counterpart; it needs {_LAYOUTS}")
        if pair:
            names[part] = pair[0], pair[1]
    return names


def _source(
    train: Part,
    validation: Part | None,
    test: Part | None,
    classes: tuple[str, ...],
    reading: Reading = AS_IT_IS,
) -> Source:
    return Source(
        classes, train, validation, test, decode=lambda images, progress: images, reading=reading
    )


def _load(path: Path, reader: int) -> tuple[_Names, dict[str, np.ndarray], tuple[str, ...]]:
    """Return the names of each part, as `npz_names` does, these arrays, and the names of others."""
    arrays: dict[str, np.ndarray] = {}
    name = ""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            names = npz_names(path, archive.files, reader)
            taken = [name for pair in names.values() for name in pair]
            members = archive.zip.infolist()
            _check_room(path, [m for m in members if m.filename.removesuffix(".npy") in taken])
            for name in taken:
                arrays[name] = archive[name]
            others = tuple(sorted(set(archive.files) - set(taken)))
    except DataError:
        raise
    except MemoryError as error:
        raise DataError(
            f"{path} holds an array that is larger than the memory; give fewer or smaller images, "
            "or a folder of files"
        ) from error
    except Exception as error:  # NumPy and zipfile raise all kinds, as damage misleads them
        is_zip = zipfile.is_zipfile(path)
        if "pickle" in str(error) and is_zip and name:
            raise DataError(
                f"{name} of {path} holds pickled Python objects, which could run code; save texts "
                f"as {name}.astype(str), and images of several sizes as files in folders"
            ) from error
        reason = " ".join(str(error).split()) if is_zip else "it is no zip file"
        raise DataError(
            f"{path} is not a readable .npz archive ({reason}); write it again with np.savez"
        ) from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise DataError(f"{name} of {path} is no array; write it again with np.savez")
    return names, arrays, others


def _check_room(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Raise `DataError` where the arrays are larger than the memory of this machine."""
    size = sum(member.file_size for member in members)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > memory:
        raise DataError(
            f"{path} holds arrays of {size / 1e9:.3g} GB, and this machine has a memory of "
            f"{memory / 1e9:.3g} GB; give fewer or smaller images, or a folder of files"
        )


def _images(array: np.ndarray, where: str) -> np.ndarray:
    """Check an array of images and give it a channel axis; bytes stay bytes."""
    if array.ndim == 4 and array.shape[-1] not in (1, 3) and array.shape[1] in (1, 3):
        raise DataError(
            f"{where} has shape {array.shape}, its channels first; move them to the end, as "
            "np.moveaxis(x, 1, -1) does"
        )
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] not in (1, 3)):
        raise DataError(
            f"{where} has shape {array.shape}; images are N×height×width, or "
            "N×height×width×channels with 1 or 3 channels"
        )
    if array.dtype.kind not in "buif":
        raise DataError(f"{where} has type {array.dtype}; images are numbers or booleans")
    images = array if array.ndim == 4 else array[..., np.newaxis]
    if images.dtype == np.bool_:
        images = images * np.uint8(255)
    if images.dtype == np.uint8:
        return images
    with np.errstate(over="ignore"):
        numbers = images.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise DataError(
            f"{where} has pixels that are NaN or infinite as numbers of 32 bits; replace them"
        )
    return numbers


def _labels(array: np.ndarray, where: str) -> np.ndarray:
    """Return labels (N,): integers, from integers (N,) or (N, 1) or one-hot rows, or texts."""
    if array.dtype.kind in "US" and array.ndim in (1, 2) and array.size == len(array):
        return _texts(array.ravel(), where)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"{where} has labels that are NaN or infinite; replace them")
    if array.dtype.kind not in "uifb" or array.ndim not in (1, 2):
        raise DataError(
            f"{where} has shape {array.shape} and type {array.dtype}; labels are integers, "
            "texts or one-hot rows"
        )
    if array.ndim == 2 and array.shape[1] > 1:
        if not (np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all()):
            raise DataError(
                f"{where} has rows that are not one-hot; each must hold a single 1, the rest 0"
            )
        return np.asarray(array.argmax(axis=1))
    flat = array.ravel()
    if (flat != np.floor(flat)).any():
        raise DataError(
            f"{where} has labels that are not whole numbers; number the classes, or give one-hot "
            "rows"
        )
    largest = _LARGEST_EXACT if array.dtype.kind == "f" else np.iinfo(np.int64).max
    if flat.size and not -largest <= flat.min() <= flat.max() <= largest:
        raise DataError(
            f"{where} has labels from {flat.min():g} to {flat.max():g}; number the classes from 0, "
            "or give texts"
        )
    return flat.astype(np.int64)


def _texts(array: np.ndarray, where: str) -> np.ndarray:
    """Return labels (N,) that are texts, or bytes of UTF-8."""
    if array.dtype.kind == "U":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where} has labels that are not UTF-8, such as {error.object!r}; save them as "
            "np.char.decode(labels, encoding)"
        ) from error


def _scaled(
    images: dict[str, np.ndarray], reader: int
) -> tuple[dict[str, np.ndarray], Levels | None]:
    """Scale numbers that are not bytes, and return the values that become 0 and 1.

    They are those between which the training images lie, if any image leaves the range of 0 to 1,
    or if the training images use less than a quarter of it.
    """
    numbers = [image for image in images.values() if image.dtype != np.uint8 and image.size]
    if not numbers:
        return images, None
    low, high = float(images["train"].min()), float(images["train"].max())
    within = all(image.min() >= 0 and image.max() <= 1 for image in numbers)
    narrow = reader > 1 and 0 < high - low < NARROW
    if within and not narrow:
        return images, None
    span = (high - low) or 1.0
    return {
        part: ((image.astype(np.float32) - low) / span).astype(np.float32)
        for part, image in images.items()
    }, (low, high)
