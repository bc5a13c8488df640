"""Data sets of arrays: .npz files, scikit-learn's digits, and Keras' own sets."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np

from model_space.data.source import DataError, Part, Source

KERAS_SETS = ("cifar10", "cifar100", "mnist", "fashion_mnist")

_LAYOUTS = "x_train, y_train and, if you like, x_test, y_test, x_val, y_val; or x, y"


def read_digits() -> Source:
    """Read the 1,797 scans of handwritten digits, 8×8, that ship with scikit-learn."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images * (255 / 16)).round().astype(np.uint8)[..., np.newaxis]
    return _source((images, digits.target), None, None, tuple("0123456789"))


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


def read_npz(path: Path) -> Source:
    """Read a NumPy archive; nothing in it is ever unpickled. Raises `DataError`."""
    arrays = _load(path)
    names = npz_names(path, arrays)
    images = {part: _images(arrays[x], f"{x} of {path}") for part, (x, _) in names.items()}
    shapes = {part: image.shape[1:] for part, image in images.items()}
    if len(set(shapes.values())) > 1:
        raise DataError(
            f"the images of {path} differ in shape between its parts: {shapes}; give all one shape"
        )
    labels = {part: _labels(arrays[y], f"{y} of {path}") for part, (_, y) in names.items()}
    for part, (x, y) in names.items():
        if len(images[part]) != len(labels[part]):
            raise DataError(
                f"{path} has {len(images[part])} images in {x} and {len(labels[part])} labels "
                f"in {y}; the numbers must be equal"
            )
    values = np.unique(labels["train"])
    for part, (_, y) in names.items():
        if unknown := np.setdiff1d(labels[part], values).tolist():
            raise DataError(
                f"{y} of {path} has labels that {names['train'][1]} lacks: {unknown}; remove those "
                "images, or add some of their classes to train on"
            )
    parts = {part: (image, np.searchsorted(values, labels[part])) for part, image in _span(images)}
    return _source(
        parts["train"],
        parts.get("validation"),
        parts.get("test"),
        tuple(str(value) for value in values),
    )


def npz_names(path: Path, held: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the names of the images and labels of each part, among those an archive holds.

    Raises `DataError` where there is nothing to train on.
    """
    if "x_train" in held and "y_train" in held:
        names = {"train": ("x_train", "y_train")}
        for part, suffix in (("test", "test"), ("validation", "val")):
            pair = (f"x_{suffix}", f"y_{suffix}")
            if present := [name for name in pair if name in held]:
                if len(present) == 1:
                    raise DataError(
                        f"{path} has {present[0]} without its counterpart; it needs {_LAYOUTS}"
                    )
                names[part] = pair
        return names
    if "x" in held and "y" in held:
        return {"train": ("x", "y")}
    names_held = ", ".join(sorted(held)) or "nothing"
    raise DataError(f"{path} holds {names_held}; it needs {_LAYOUTS}")


def _source(
    train: Part, validation: Part | None, test: Part | None, classes: tuple[str, ...]
) -> Source:
    return Source(classes, train, validation, test, decode=lambda images, reading: images)


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, zipfile.BadZipFile, EOFError, AttributeError) as error:
        raise DataError(
            f"{path} is not a readable .npz archive ({error}); write it again with np.savez"
        ) from error
    except ValueError as error:
        raise DataError(
            f"{path} holds pickled Python objects, which could run code; save plain arrays of "
            f"numbers: {_LAYOUTS}"
        ) from error


def _images(array: np.ndarray, where: str) -> np.ndarray:
    """Check an array of images and give it a channel axis; bytes stay bytes."""
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] not in (1, 3)):
        raise DataError(
            f"{where} has shape {array.shape}; images are N×height×width, or "
            "N×height×width×channels with 1 or 3 channels"
        )
    if array.dtype.kind not in "uif":
        raise DataError(f"{where} has type {array.dtype}; images are uint8 or floats")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"{where} has pixels that are NaN or infinite; replace them")
    images = array if array.ndim == 4 else array[..., np.newaxis]
    return images if images.dtype == np.uint8 else images.astype(np.float32)


def _labels(array: np.ndarray, where: str) -> np.ndarray:
    """Return integer labels (N,), from integers (N,) or (N, 1) or one-hot rows (N, classes)."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"{where} has labels that are NaN or infinite; replace them")
    if array.dtype.kind not in "uifb" or array.ndim not in (1, 2):
        raise DataError(
            f"{where} has shape {array.shape} and type {array.dtype}; labels are integers or "
            "one-hot rows"
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
    return flat.astype(np.int64)


def _span(images: dict[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Rescale float images so that the training images span 0 to 1, if any leaves that range."""
    if all(
        image.dtype == np.uint8 or (image.min() >= 0 and image.max() <= 1)
        for image in images.values()
        if image.size
    ):
        return list(images.items())
    low, high = float(images["train"].min()), float(images["train"].max())
    span = (high - low) or 1.0
    return [
        (part, ((image.astype(np.float32) - low) / span).astype(np.float32))
        for part, image in images.items()
    ]
