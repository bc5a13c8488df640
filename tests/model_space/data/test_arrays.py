"""Archives of arrays as people have them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_space.data import DataError, load
from tests.support.pictures import SIDE, pixels

pytestmark = pytest.mark.numeric


def test_arrays_by_other_names(tmp_path: Path) -> None:
    x = (np.arange(60 * 256).reshape(60, SIDE, SIDE) % 251).astype(np.uint8)
    y = np.arange(60)[:, None] % 2
    cases: tuple[dict[str, Any], ...] = (
        {"x": x[:40], "y": y[:40], "x_test": x[40:50], "y_test": y[40:50], "x_val": x[50:],
         "y_val": y[50:]},
        {"X_train": x[:40], "Y_train": y[:40], "X_test": x[40:50], "Y_test": y[40:50],
         "X_valid": x[50:], "y_valid": y[50:]},
        {"train_images": x[:40], "train_labels": y[:40], "val_images": x[50:],
         "val_labels": y[50:], "test_images": x[40:50], "test_labels": y[40:50]},
        {"trainX": x[:40], "trainY": y[:40], "testX": x[40:50], "testY": y[40:50],
         "devX": x[50:], "devY": y[50:]},
        {"data": x[:40], "target": y[:40], "test-data": x[40:50], "test-target": y[40:50],
         "valData": x[50:], "valTarget": y[50:], "ids": np.arange(3)},
    )  # fmt: skip
    for arrays in cases:
        np.savez(tmp_path / "a.npz", **arrays)
        data = load(str(tmp_path / "a.npz"))
        for part, part_of in zip(data.parts.values(), (x[:40], x[50:], x[40:50]), strict=True):
            np.testing.assert_array_equal(part[0][..., 0], part_of)
    assert data.reading.arrays_left_out == ("ids",)


@pytest.mark.parametrize("kind", [np.str_, np.bytes_])
def test_labels_may_be_texts(tmp_path: Path, kind: type) -> None:
    y: Any = np.array(["dog", "cat", "bird"])[np.arange(60) % 3].astype(kind)
    np.savez(tmp_path / "a.npz", x=pixels(0, 60, SIDE, SIDE), y=y)
    data = load(str(tmp_path / "a.npz"))
    assert data.classes == ("bird", "cat", "dog")
    assert data.class_counts()["train"] == [14, 14, 15]


def test_what_is_not_taken_is_not_read(tmp_path: Path) -> None:
    x, y = pixels(0, 60, SIDE, SIDE), np.arange(60) % 2
    held: dict[str, Any] = {"x": x, "y": y, "class_names": np.array(["cat", "dog"], object)}
    np.savez(tmp_path / "a.npz", **held)
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("notes.txt", "no array")
    data = load(str(tmp_path / "a.npz"))
    assert data.reading.arrays_left_out == ("class_names", "notes.txt")


def test_bytes_of_another_coding_are_no_labels(tmp_path: Path) -> None:
    y = np.array(["café".encode("latin-1"), "cafè".encode("latin-1"), b"tea"])[np.arange(60) % 3]
    np.savez(tmp_path / "a.npz", x=pixels(0, 60, SIDE, SIDE), y=y)
    with pytest.raises(DataError, match=r"not UTF-8, such as b'caf\\xe9'; save them as np\.char"):
        load(str(tmp_path / "a.npz"))


@pytest.mark.parametrize("pixel", [np.nan, -np.inf, 1e39])
def test_pixels_that_32_bits_do_not_hold_are_refused(tmp_path: Path, pixel: float) -> None:
    x = pixels(0, 60, SIDE, SIDE).astype(float)
    x[7, 3, 3] = pixel
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(60) % 2)
    with pytest.raises(DataError, match=r"^x of .* NaN or infinite as numbers of 32 bits; replace"):
        load(str(tmp_path / "a.npz"))


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x": 0, "y": 0, "x_train": 0, "y_train": 0}, "x and x_train, which mean the same"),
        ({"x_train": 0, "y_train": 0, "X_train": 0}, "x_train and X_train, which mean the same"),
        ({"x": 0, "y": 0, "val_images": 0}, "val_images without its counterpart"),
        ({"arr_0": 0, "arr_1": 0}, "holds arr_0, arr_1; it needs x_train"),
    ],
)
def test_arrays_that_may_mean_two_things_are_refused(
    tmp_path: Path, arrays: dict[str, int], says: str
) -> None:
    held: dict[str, Any] = {name: np.zeros(3) for name in arrays}
    np.savez(tmp_path / "a.npz", **held)
    with pytest.raises(DataError, match=says):
        load(str(tmp_path / "a.npz"))


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4", b"no zip", b"\x93NUMPY\1\0"], ids=["empty", "cut", "text", "npy"]
)
def test_an_archive_that_is_none_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npz is not a readable \.npz archive") as refusal:
        load(str(tmp_path / "a.npz"))
    assert "pickle" not in str(refusal.value)


def test_arrays_larger_than_the_memory_are_refused_before_they_are_read(tmp_path: Path) -> None:
    header = io.BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (10**9, 1000, 1000)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for name in ("x.npy", "y.npy"):
            archive.writestr(name, header.getvalue())
    with pytest.raises(DataError, match="larger than the memory; give fewer or smaller images"):
        load(str(tmp_path / "a.npz"))


def test_channels_that_come_first_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=pixels(0, 20, 3, SIDE, SIDE), y=np.arange(20) % 2)
    with pytest.raises(DataError, match=r"\(20, 3, 16, 16\), its channels first; move them"):
        load(str(tmp_path / "a.npz"))


def test_arrays_that_are_resized_are_counted(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=pixels(0, 60, SIDE, SIDE), y=np.arange(60) % 2)
    assert load(str(tmp_path / "a.npz")).reading.resized == 0
    assert load(str(tmp_path / "a.npz"), image_size=SIDE).reading.resized == 0
    assert load(str(tmp_path / "a.npz"), image_size=SIDE + 1).reading.resized == 60
    assert load("digits").reading.resized == 0  # at the size that is usual for them
