"""Folders as people have them: splits, classes, and what is no data in them."""

from __future__ import annotations

import ast
import itertools
import json
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_space.data import DataError, DataSpec, load
from model_space.data.fresh import Preparation
from model_space.data.layout import named_part
from model_space.facts import DataFacts
from model_space.script.embedding import Embedding
from model_space.script.loading import loading
from tests.support.pictures import SIDE, account, every, pictures, pixels, predicted, sizes

pytestmark = pytest.mark.numeric


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train", "train"), ("Training", "train"), ("TRAIN", "train"), ("train_set", "train"),
        ("training_set", "train"), ("TrainData", "train"), ("trainset", "train"),
        ("val", "validation"), ("valid", "validation"), ("Validation", "validation"),
        ("dev", "validation"), ("val-images", "validation"), ("test", "test"),
        ("Testing", "test"), ("test data", "test"), ("eval", "test"), ("01_test", "test"),
        ("cat", None), ("invalid", None), ("rain", None), ("contest", None), ("train_test", None),
    ],
)  # fmt: skip
def test_the_names_of_splits(name: str, part: str | None) -> None:
    found = named_part(name)
    assert found == (None if part is None else (part, ()))


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("Training", "", "Testing"), ("train", "valid", "test"), ("TRAIN", "VAL", "TEST"),
        ("training_set/training_set", "", "test_set/test_set"), ("seg_train", "", "seg_test"),
        ("archive/data/train", "archive/data/dev", "archive/data/eval"), ("train", "val", ""),
        ("x/y/train_images", "", "x/y/test_images"),
    ],
)  # fmt: skip
def test_splits_are_used_by_whatever_usual_name(
    tmp_path: Path, train: str, validation: str, test: str
) -> None:
    counts = {train: 20, validation: 3, test: 4}
    for seed, (name, count) in enumerate(counts.items()):
        if name:
            pictures(tmp_path / name, count, seed=seed)
    data = load(str(tmp_path))
    assert data.classes == ("a", "b")
    assert sizes(data)[1:] == [6 if validation else 4, 8]
    assert sum(sizes(data)) == 40 + 6 * bool(validation) + 8 * bool(test)
    given = {"train": train, "validation": validation, "test": test}
    assert data.reading.splits == {part: name for part, name in given.items() if name}


@pytest.mark.parametrize(
    "classes", [("bus", "train"), ("test", "dev", "ops"), ("valid", "invalid")]
)
def test_a_class_may_be_called_like_a_split(tmp_path: Path, classes: tuple[str, ...]) -> None:
    for seed, name in enumerate(classes):
        pictures(tmp_path / name, 5, "xy", seed)  # folders within the classes
    data = load(str(tmp_path))
    assert data.classes == tuple(sorted(classes))
    assert sum(sizes(data)) == 10 * len(classes)
    assert data.reading.like_splits == tuple(
        name for name in sorted(classes) if name not in ("bus", "ops", "invalid")
    )
    assert data.reading.nested == dict.fromkeys(classes, 2)


def test_what_lies_beside_splits_is_left_out(tmp_path: Path) -> None:
    pictures(tmp_path / "train", 9)
    pictures(tmp_path / "test", 3)
    for name in ("extra", "labels"):
        (tmp_path / name).mkdir()
    Image.fromarray(pixels(1)).save(tmp_path / "extra" / "1.png")
    (tmp_path / "labels" / "1.xml").write_text("")
    Image.fromarray(pixels(2)).save(tmp_path / "sample.png")
    assert account(tmp_path) == {
        "splits": {"train": "train", "test": "test"}, "unlabelled": ("extra",), "outside": 2,
        "left_out": {".xml": 1},
    }  # fmt: skip


def test_a_folder_of_other_files_names_them(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("1.heic", "2.HEIC", "3.txt"):
        (tmp_path / "a" / name).write_bytes(b"")
    with pytest.raises(DataError, match=r"no subfolders with images .*holds 2 \.heic, 1 \.txt"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("folders", "says"),
    [
        (("train1", "train2"), r"named like splits \(train1, train2\)"),
        (("test", "val"), "test, val but no train folder"),
        (("a/train", "a/test", "b/train", "b/test"), "each folder .* own splits.*train/a"),
    ],
)
def test_folders_that_may_mean_two_things_are_refused(
    tmp_path: Path, folders: tuple[str, ...], says: str
) -> None:
    for seed, name in enumerate(folders):
        (tmp_path / name).mkdir(parents=True)
        for i in range(4):
            Image.fromarray(pixels(10 * seed + i)).save(tmp_path / name / f"{i}.png")
    with pytest.raises(DataError, match=says):
        load(str(tmp_path))


def test_a_part_may_lack_classes_and_a_class_be_empty(tmp_path: Path) -> None:
    pictures(tmp_path / "train", 9, "abc")
    (tmp_path / "train" / "none").mkdir()
    pictures(tmp_path / "valid", 2, "a")
    (tmp_path / "test").mkdir()
    for i in range(3):
        Image.fromarray(pixels(i)).save(tmp_path / "test" / f"{i}.png")
    data = load(str(tmp_path))
    assert data.classes == ("a", "b", "c")
    assert data.class_counts()["validation"] == [2, 0, 0]
    assert sizes(data) == [22, 2, 5]
    (tmp_path / "eval" / "a").mkdir(parents=True)
    assert account(tmp_path) == {
        "splits": {"train": "train", "validation": "valid"}, "empty_classes": ("none", "eval"),
        "unlabelled": ("test",), "outside": 3,
    }  # fmt: skip


def test_nothing_hidden_is_data_at_any_depth(tmp_path: Path) -> None:
    pictures(tmp_path)
    plain = load(str(tmp_path)).fingerprint
    hidden = (
        "a/.ipynb_checkpoints/0-checkpoint.png", "a/._0.png", "a/deep/.git/x.png",
        "__MACOSX/a/0.png",        ".cache/a/0.png", "b/@eaDir/0.png",
    )  # fmt: skip
    for name in hidden:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(7)).save(tmp_path / name)
    (tmp_path / "a" / "Thumbs.db").write_bytes(b"")
    assert load(str(tmp_path)).fingerprint == plain
    assert account(tmp_path) == {"hidden": len(hidden)}


@pytest.mark.parametrize("suffix", [".webp", ".tif", ".TIFF", ".jfif", ".JPG", ".ppm", ".tga"])
def test_what_pillow_reads_is_read_whatever_its_suffix(tmp_path: Path, suffix: str) -> None:
    pictures(tmp_path)
    image = Image.fromarray(pixels(9))
    kind = {".jfif": "JPEG", ".jpg": "JPEG"}.get(suffix.lower())
    image.save(tmp_path / "a" / f"more{suffix}", kind)
    data = load(str(tmp_path))
    assert sum(sizes(data)) == 11
    read = predicted(data, tmp_path / "a" / f"more{suffix}")[0]
    assert any((one == read).all() for one in every(data))


def test_files_that_are_left_out_are_counted(tmp_path: Path) -> None:
    pictures(tmp_path)
    for name in ("a/x.heic", "a/y.HEIC", "b/notes.txt", "LICENSE"):
        (tmp_path / name).write_bytes(b"")
    assert account(tmp_path) == {"left_out": {".heic": 2, ".txt": 1, "": 1}}
    for number in range(50):
        (tmp_path / "a" / f"scan.{number}").write_bytes(b"")
    left_out = account(tmp_path)["left_out"]
    assert len(left_out) == 20
    assert sum(left_out.values()) == 54


def test_links_to_nothing_are_named_at_once(tmp_path: Path) -> None:
    data = pictures(tmp_path / "data")
    for name in ("x.png", "y.png"):
        (data / "a" / name).symlink_to(tmp_path / "gone.png")
    with pytest.raises(DataError) as refusal:
        load(str(data))
    x, y = (f"{data}/a/{name} is a link to what is not there" for name in ("x.png", "y.png"))
    assert str(refusal.value) == f"2 files cannot be used: {x}; {y}; repair or remove them"


def test_links_are_followed_and_never_in_a_circle(tmp_path: Path) -> None:
    real = pictures(tmp_path / "real", 6)
    data = tmp_path / "data"
    (data / "a").mkdir(parents=True)
    (data / "a" / "linked").symlink_to(real / "a")
    (data / "b").symlink_to(real / "b")
    (data / "a" / "up").symlink_to(data)
    (data / "a" / "self").symlink_to(data / "a" / "self")
    assert sizes(load(str(data))) == sizes(load(str(real)))


def test_a_folder_may_have_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    names = b"caf\xe9", b"tea"
    for name in names:
        pictures(tmp_path / "data" / os.fsdecode(name), classes=".")
    data = load(str(tmp_path / "data"))
    assert data.classes == ("caf\\xe9", "tea")
    json.dumps(asdict(DataFacts.of(data))).encode()
    where = DataSpec(str(tmp_path / "data"))
    constants, _ = loading(where, DataFacts.of(data), Embedding())
    [line] = [line for line in constants if line.startswith("CLASS_NAMES = ")]
    listed = ast.literal_eval(line.removeprefix("CLASS_NAMES = "))
    assert tuple(map(os.fsencode, listed)) == names
    "".join(constants).encode()


def test_broken_files_are_named_together(tmp_path: Path) -> None:
    pictures(tmp_path, 8)
    for i in range(7):
        (tmp_path / "a" / f"{i}.png").write_bytes(b"broken")
    says = r"7 files cannot be used: .*a/0\.png .*; and 2 more; repair or remove them"
    with pytest.raises(DataError, match=says):
        load(str(tmp_path))
    with pytest.raises(DataError, match=says):
        Preparation((SIDE, SIDE, 3)).read([str(tmp_path / "a" / f"{i}.png") for i in range(7)])


def test_of_new_files_the_broken_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(tmp_path, 8)
    (tmp_path / "a" / "1.png").write_bytes(b"broken")
    files = [str(tmp_path / "a" / f"{i}.png") for i in range(4)]
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr("model_space.data.fresh.time.monotonic", itertools.count(step=2).__next__)
    read, broken = Preparation((SIDE, SIDE, 3)).read(files, lambda *done: seen.append(done))
    alone, _ = Preparation((SIDE, SIDE, 3)).read([files[0], files[2], files[3]])
    assert np.array_equal(read, alone)
    assert [*broken] == [files[1]]
    assert broken[files[1]].described == f"{files[1]} cannot be read as an image"
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_file_with_too_many_pixels_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", SIDE * SIDE)
    pictures(tmp_path)
    Image.fromarray(pixels(1, 60, 60, 3)).save(tmp_path / "a" / "huge.png")
    says = r"huge\.png has 3,600 pixels, .* 512 at most.*make it smaller"
    with pytest.raises(DataError, match=says):
        load(str(tmp_path))


def test_a_full_disk_says_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DataError, match=r"no room in .*cache/kouka/images; --image-size"):
        load(str(pictures(tmp_path / "data")))
