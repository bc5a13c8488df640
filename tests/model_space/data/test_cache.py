"""Decoded images on the disk."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model_space.data import DataError, cache, files, images, load
from model_space.data.cache import kept, kept_folder

pytestmark = pytest.mark.timed

SHAPE = (4, 3, 3, 1)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kouka" / "images"


def left(place: Path) -> list[str]:
    return sorted(file.suffix for file in place.glob("*") if file.suffix != ".lock")


def fill(images: np.ndarray) -> None:
    images[...] = np.arange(images.size, dtype=np.uint8).reshape(images.shape)


def fail(images: np.ndarray) -> None:
    raise AssertionError("made twice")


def pictures(path: Path, count: int) -> Path:
    for label in ("a", "b"):
        (path / label).mkdir(parents=True)
        for number in range(count):
            pixels = np.full((16, 16, 3), 10 * number + (label == "b"), np.uint8)
            Image.fromarray(pixels).save(path / label / f"{number}.png")
    return path


def test_what_is_kept_is_made_once_and_cannot_be_written(place: Path) -> None:
    made = kept("key", SHAPE, fill)
    again = kept("key", SHAPE, fail)
    np.testing.assert_array_equal(made.ravel(), np.arange(36))
    np.testing.assert_array_equal(again, made)
    assert not again.flags.writeable
    assert left(place) == [".npy"]


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"no array", b"half"])
def test_a_damaged_file_is_made_anew(place: Path, damage: bytes) -> None:
    kept("key", SHAPE, fill)
    [file] = place.glob("*.npy")
    file.write_bytes(file.read_bytes()[:-10] if damage == b"half" else damage)
    np.testing.assert_array_equal(kept("key", SHAPE, fill).ravel(), np.arange(36))


def test_no_pickle_is_loaded(place: Path) -> None:
    place.mkdir(parents=True)
    np.save(place / "key.npy", np.array([{"not": "images"}], dtype=object), allow_pickle=True)
    np.testing.assert_array_equal(kept("key", SHAPE, fill).ravel(), np.arange(36))


def test_nothing_half_made_is_left(place: Path) -> None:
    def break_off(images: np.ndarray) -> None:
        raise DataError("broken")

    with pytest.raises(DataError):
        kept("key", SHAPE, break_off)
    assert left(place) == []


def test_a_full_disk_is_an_error_and_leaves_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        kept("key", SHAPE, fail)
    assert left(place) == []


@pytest.mark.parametrize("ask", [
    lambda: kept("key", SHAPE, fail), lambda: kept_folder("key", lambda path: None),
])  # fmt: skip
def test_a_place_that_cannot_be_written_is_named(ask: Callable[[], object], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(DataError, match=r"cache/kouka/.* cannot be written \(.*XDG_CACHE_HOME"):
        ask()


def test_what_another_process_removes_first_is_no_error(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept("old", SHAPE, fill)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [self / "gone.npy"])
    kept("new", SHAPE, fill)
    monkeypatch.undo()
    assert (place / "new.npy").exists()


def test_of_several_that_want_the_same_one_makes_it() -> None:
    made: list[int] = []

    def slowly(images: np.ndarray) -> None:
        made.append(1)
        time.sleep(0.2)
        fill(images)

    threads = [threading.Thread(target=kept, args=("key", SHAPE, slowly)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_what_is_long_unused_goes_when_something_new_comes(place: Path) -> None:
    kept("old", SHAPE, fill)
    kept("used", SHAPE, fill)
    for file in place.glob("*.npy"):
        os.utime(file, (0, 0))
    kept("used", SHAPE, fail)
    kept("new", SHAPE, fill)
    assert sorted(file.stem for file in place.glob("*.npy")) == ["new", "used"]


def test_a_folder_is_decoded_once_and_again_when_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pictures(tmp_path / "images", 10)
    decoded: list[str] = []
    original = images.decode_image

    def decode(file: str, **how: Any) -> np.ndarray:
        decoded.append(file)
        return original(file, **how)

    monkeypatch.setattr(images, "decode_image", decode)
    first = load(str(path))
    assert len(decoded) == 20
    again = load(str(path))
    assert len(decoded) == 20
    assert again.fingerprint == first.fingerprint
    Image.fromarray(np.full((16, 16, 3), 250, np.uint8)).save(path / "a" / "3.png")
    changed = load(str(path))
    assert changed.fingerprint != first.fingerprint
    parts = (changed.train, changed.validation, changed.test)
    assert max(pixels.max() for pixels, _ in parts) == 250


def test_each_image_stays_beside_its_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_AT_ONCE", 3)
    data = load(str(pictures(tmp_path / "images", 12)))
    for pixels, labels in (data.train, data.validation, data.test):
        np.testing.assert_array_equal(pixels[:, 0, 0, 0] % 10, labels)


def test_a_long_reading_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pictures(tmp_path / "images", 10)
    clock = iter(range(1000))
    monkeypatch.setattr(files, "_AT_ONCE", 5)
    monkeypatch.setattr(time, "monotonic", lambda: 2 * next(clock))
    told: list[tuple[int, int]] = []
    load(str(path), reading=lambda done, of: told.append((done, of)))
    assert told
    assert all(0 < done <= of for done, of in told)


def test_the_folder_of_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.folder() == Path.home() / ".cache" / "kouka" / "images"
