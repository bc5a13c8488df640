"""Data as people have them: what is read, and what the account of the reading says."""

from __future__ import annotations

import ast
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from model_space.data import Data, DataError, DataSpec, load
from model_space.data.folder import holds_sounds
from model_space.data.fresh import Preparation
from model_space.data.layout import named_part
from model_space.data.wav import read_wav
from model_space.facts import DataFacts
from model_space.script.embedding import Embedding
from model_space.script.loading import loading

pytestmark = pytest.mark.numeric

SIDE = 16


def pixels(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape or (SIDE, SIDE, 3), np.uint8)


def pictures(root: Path, count: int = 5, classes: str = "ab", seed: int = 0) -> Path:
    for label, name in enumerate(classes):
        (root / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            image = pixels(10_000 * seed + 100 * label + i)
            Image.fromarray(image).save(root / name / f"{i}.png")
    return root


def every(data: Data) -> np.ndarray:
    return np.concatenate([images for images, _ in data.parts.values()])


def sizes(data: Data) -> list[int]:
    return [len(labels) for _, labels in data.parts.values()]


def account(path: Path, **options: Any) -> dict[str, Any]:
    """What the reading left out or changed, and nothing else."""
    facts = DataFacts.of(load(str(path), **options))
    assert facts.reading is not None
    return {name: value for name, value in vars(facts.reading).items() if value}


def predicted(data: Data, *files: Path) -> np.ndarray:
    """The files, as kouka predict prepares them for a network trained on the data."""
    reading = data.reading
    prepared = Preparation(data.image_shape, data.sound, reading.levels, reading.stretched, 2)
    return prepared.read([str(file) for file in files])


# Names of splits and of classes.


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


# What is data, and what is not.


def test_nothing_hidden_is_data_at_any_depth(tmp_path: Path) -> None:
    pictures(tmp_path)
    plain = load(str(tmp_path)).fingerprint()
    hidden = (
        "a/.ipynb_checkpoints/0-checkpoint.png", "a/._0.png", "a/deep/.git/x.png",
        "__MACOSX/a/0.png",        ".cache/a/0.png", "b/@eaDir/0.png",
    )  # fmt: skip
    for name in hidden:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(7)).save(tmp_path / name)
    (tmp_path / "a" / "Thumbs.db").write_bytes(b"")
    assert load(str(tmp_path)).fingerprint() == plain
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
        Preparation((SIDE, SIDE, 3)).read([str(tmp_path / "a" / f"{i}.png") for i in range(8)])


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


# Pixels.


def one_class_each(root: Path, images: dict[str, Image.Image], count: int = 5) -> Path:
    for name, image in images.items():
        (root / name).mkdir(parents=True)
        for i in range(count):
            image.save(root / name / f"{i}.png")
    return root


def test_few_grey_images_do_not_make_the_others_grey(tmp_path: Path) -> None:
    pictures(tmp_path)
    Image.fromarray(pixels(1)).convert("L").save(tmp_path / "a" / "0.png")  # the first
    assert load(str(tmp_path)).image_shape == (SIDE, SIDE, 3)
    assert account(tmp_path) == {"made_colour": 1}


def shape_on_nothing(mode: str) -> Image.Image:
    """A black square on a transparent background, whose hidden colour is black as well."""
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[4:8, 4:8] = 255
    image = Image.fromarray(np.dstack([np.zeros((SIDE, SIDE, 3), np.uint8), alpha]))
    if mode in ("RGB", "L"):  # one colour of which is transparent
        grey = Image.fromarray(255 - alpha)
        grey = grey.point([0] + [7] * 255).convert(mode)
        grey.info["transparency"] = 7 if mode == "L" else (7, 7, 7)
        return grey
    return image.quantize(4) if mode == "P" else image.convert(mode)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L"])
def test_transparent_images_are_laid_on_white(tmp_path: Path, mode: str) -> None:
    image = shape_on_nothing(mode)
    one_class_each(tmp_path, {"a": image, "b": image.transpose(Image.Transpose.ROTATE_90)})
    for name in "ab":
        for i in range(5):
            turned = image.rotate(0) if name == "a" else image.transpose(Image.Transpose.ROTATE_90)
            options = {"transparency": image.info["transparency"]} if mode in ("RGB", "L") else {}
            turned.save(tmp_path / name / f"{i}.png", **options)
    data = load(str(tmp_path))
    white = every(data)[..., 0] > 200
    assert white.sum(axis=(1, 2)).tolist() == [SIDE * SIDE - 16] * 10
    assert (every(data)[..., 0][~white] < 50).all()
    assert data.reading.composed == 10
    assert (predicted(data, tmp_path / "a" / "0.png")[0] == every(data)).all(axis=(1, 2, 3)).any()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    upright = np.zeros((20, 32), np.uint8)
    upright[:6, :10] = 255  # the corner that is left and up
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    image = Image.fromarray(upright).convert("RGB")
    if orientation > 1:
        image = image.transpose(inverse[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == ".webp" else {"quality": 95}
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(4):
            image.save(tmp_path / name / f"{i}{suffix}", exif=exif, **options)
    data = load(str(tmp_path))
    assert data.image_shape == (20, 32, 3)
    assert abs(every(data)[..., 0].astype(int) - upright).max() < 60
    assert data.reading.turned == (8 if orientation > 1 and suffix != ".tif" else 0)
    assert data.reading.resized == 0
    np.testing.assert_array_equal(predicted(data, tmp_path / "b" / f"1{suffix}")[0], every(data)[0])


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 255), (0, 4095), (900, 40_000)])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_files_of_16_bits_are_scaled_as_arrays_are(
    tmp_path: Path, low: int, high: int, suffix: str
) -> None:
    draw = np.random.default_rng(0)
    x = draw.integers(low, high + 1, (30, SIDE, SIDE)).astype(np.uint16)
    x[:, 0, 0], x[:, 0, 1] = low, high
    for number, image in enumerate(x):
        folder = tmp_path / "files" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number:02}{suffix}")
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(30) % 2)
    files, arrays = load(str(tmp_path / "files")), load(str(tmp_path / "a.npz"))
    assert files.reading.levels == (low, high)
    ours = np.sort(every(files).reshape(30, -1) / 255, axis=0)
    theirs = np.sort(every(arrays).reshape(30, -1), axis=0)
    np.testing.assert_allclose(ours, theirs, atol=0.5 / 255 + 1e-6)
    one = predicted(files, tmp_path / "files" / "a" / f"00{suffix}")[0]
    np.testing.assert_allclose(one[..., 0] / 255, (x[0] - float(low)) / (high - low), atol=0.002)


def bits() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 2, (40, SIDE, SIDE), np.uint8)


@pytest.mark.parametrize(
    "stored",
    [
        bits().astype(bool), bits(), bits() * np.uint8(15), 100 + bits(), bits().astype(np.int8),
        bits().astype(np.uint16) * 4095, bits() * 0.004, bits().astype(np.float16) * 2 - 1,
        bits() * np.uint8(255), bits().astype(np.int64) * 255,
    ],
    ids=["bool", "0/1", "0/15", "100/101", "int8", "12 bits", "small", "-1/1", "0/255", "int64"],
)  # fmt: skip
def test_the_same_bits_are_the_same_inputs_however_they_are_stored(
    tmp_path: Path, stored: np.ndarray
) -> None:
    np.savez(tmp_path / "a.npz", x=stored, y=np.arange(40) % 2)
    np.savez(tmp_path / "b.npz", x=bits() * np.uint8(255), y=np.arange(40) % 2)
    data, plain = load(str(tmp_path / "a.npz")), load(str(tmp_path / "b.npz"))
    for part, (images, labels) in data.parts.items():
        scale = 255 if images.dtype == np.uint8 else 1
        np.testing.assert_allclose(images / scale, plain.parts[part][0] / 255, atol=1e-6)
        np.testing.assert_array_equal(labels, plain.parts[part][1])


@pytest.mark.parametrize("mode", ["L", "1", "P"])
def test_files_of_zeros_and_ones_are_seen(tmp_path: Path, mode: str) -> None:
    for number, image in enumerate(bits()):
        folder = tmp_path / "data" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        file = Image.fromarray(image if mode == "L" else image * np.uint8(255)).convert(mode)
        file.save(folder / f"{number:02}.png")
    data = load(str(tmp_path / "data"))
    assert set(np.unique(every(data))) == {0, 255}
    assert data.reading.stretched == ((0, 1) if mode == "L" else None)
    one = predicted(data, tmp_path / "data" / "a" / "00.png")[0][..., 0]
    np.testing.assert_array_equal(one, 255 * bits()[0])


def test_what_else_changes_is_counted(tmp_path: Path) -> None:
    pictures(tmp_path)
    Image.fromarray(pixels(1, 20, 24, 3)).save(tmp_path / "b" / "large.png")
    frames = [Image.fromarray(pixels(i)) for i in range(3)]
    frames[0].save(tmp_path / "b" / "moving.webp", save_all=True, append_images=frames[1:])
    assert account(tmp_path) == {"resized": 1, "first_frames": 1}


# Arrays.


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
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(DataError, match="larger than the memory; give fewer or smaller images"):
        load(str(tmp_path / "a.npz"))


def test_channels_that_come_first_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=pixels(0, 20, 3, SIDE, SIDE), y=np.arange(20) % 2)
    with pytest.raises(DataError, match=r"\(20, 3, 16, 16\), its channels first; move them"):
        load(str(tmp_path / "a.npz"))


# Sounds.

RATE = 8000


def tone(hertz: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)


def riff(
    data: bytes,
    coding: int = 1,
    width: int = 2,
    channels: int = 1,
    *,
    order: str = "<",
    sizes: tuple[int | None, int | None] = (None, None),
    before: bytes = b"",
    extension: bytes = b"",
) -> bytes:
    """A WAV file; `sizes` are those that its header says, instead of the right ones."""
    align = channels * width
    fmt = struct.pack(
        f"{order}HHIIHH", coding, channels, RATE, RATE * align, align, 8 * width
    ) + extension  # fmt: skip
    size = len(data) if sizes[1] is None else sizes[1]
    body = b"WAVE" + before + b"fmt " + struct.pack(f"{order}I", len(fmt)) + fmt
    body += b"data" + struct.pack(f"{order}I", size) + data
    whole = len(body) if sizes[0] is None else sizes[0]
    return (b"RIFF" if order == "<" else b"RIFX") + struct.pack(f"{order}I", whole) + body


WHOLE = np.rint(20_000 * tone(440)).astype("<i2")
ODD: dict[str, bytes] = {
    "of a pipe": riff(WHOLE.tobytes(), sizes=(0xFFFFFFFF, 0xFFFFFFFF)),
    "of another pipe": riff(WHOLE.tobytes(), sizes=(0, 0)),
    "of sox": riff(WHOLE.tobytes(), sizes=(0x7FFFF024, 0x7FFFF000)),
    "of a pipe, with a list": riff(
        WHOLE.tobytes(), sizes=(0xFFFFFFFF, 0xFFFFFFFF), before=b"LIST\x03\0\0\0abc\0"
    ),
    "big-endian": riff(WHOLE.astype(">i2").tobytes(), order=">"),
    "extensible": riff(
        WHOLE.tobytes(), 0xFFFE, extension=struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)
    ),
    "24 bits of a pipe": riff(
        (WHOLE.astype("<i4") << 8).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes(),
        width=3, sizes=(0xFFFFFFFF, 0xFFFFFFFF),
    ),
    "floats": riff((WHOLE / 32768).astype("<f4").tobytes(), 3, 4),
    "longer than it says": riff(WHOLE.tobytes()) + b"trailing notes",
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_wav_files_with_odd_headers_are_read(tmp_path: Path, case: str) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(ODD[case])
    rate, count, samples = read_wav(str(file), 0.5)
    assert (rate, count) == (RATE, len(WHOLE))
    ours = samples[:, 0].astype(float)
    np.testing.assert_allclose(ours / abs(ours).max(), WHOLE[: RATE // 2] / 10_000, atol=1e-4)


@pytest.mark.parametrize(("coding", "kind"), [(6, "ALAW"), (7, "ULAW")])
def test_the_codes_of_telephones_are_decoded_as_by_libsndfile(
    tmp_path: Path, coding: int, kind: str
) -> None:
    soundfile = pytest.importorskip("soundfile")
    file = tmp_path / "a.wav"
    file.write_bytes(riff(bytes(range(256)), coding, 1))
    expected, _ = soundfile.read(file, dtype="int16")
    assert soundfile.info(file).subtype == kind
    np.testing.assert_array_equal(read_wav(str(file), 1)[2][:, 0], expected)


def sounds(root: Path, samples: Callable[[int, int], np.ndarray]) -> Path:
    for label, name in enumerate("ab"):
        (root / name).mkdir(parents=True)
        for i in range(5):
            wavfile.write(root / name / f"{i}.wav", RATE, samples(label, i).astype(np.float32))
    return root


def test_opposite_channels_do_not_cancel(tmp_path: Path) -> None:
    def inverted(label: int, i: int) -> np.ndarray:
        one = tone(300 + 2000 * label + i)
        return np.stack([one, -one], axis=1)

    data = load(str(sounds(tmp_path, inverted)))
    facts = DataFacts.of(data)
    assert facts.checks is not None
    assert facts.checks.uniform == 0
    assert (every(data).max(axis=(1, 2, 3)) == 255).all()
    np.testing.assert_array_equal(
        predicted(data, tmp_path / "a" / "0.wav")[0],
        predicted(data, *sounds(tmp_path / "one", lambda of, i: tone(300 + i)).glob("a/0.wav"))[0],
    )


def test_sounds_that_are_cut_or_resampled_are_counted(tmp_path: Path) -> None:
    path = sounds(tmp_path / "data", lambda label, i: tone(300 + 2000 * label + i))
    for i in range(20):
        wavfile.write(path / "a" / f"more{i}.wav", RATE, tone(300 + i / 9).astype(np.float32))
    wavfile.write(path / "a" / "long.wav", RATE, np.tile(tone(440), 3).astype(np.float32))
    wavfile.write(path / "b" / "fine.wav", 2 * RATE, tone(440).astype(np.float32))
    (path / "b" / "lossy.m4a").write_bytes(b"")
    assert account(path) == {"cut": 1, "resampled": 1, "left_out": {".m4a": 1}}
    Image.fromarray(pixels(1)).save(path / "cover.png")
    assert account(path)["outside"] == 1
    assert holds_sounds(path)


# Checks of what was read.


def checked(path: Path) -> Any:
    return DataFacts.of(load(str(path))).checks


def test_images_that_are_in_two_splits_are_counted(tmp_path: Path) -> None:
    pictures(tmp_path / "train", 10)
    pictures(tmp_path / "test", 4, seed=1)
    pictures(tmp_path / "val", 4, seed=2)
    copied = (tmp_path / "train" / "a" / "3.png").read_bytes()
    for name in ("test/a/3.png", "test/b/2.png", "val/a/0.png", "train/b/5.png"):
        (tmp_path / name).write_bytes(copied)
    checks = checked(tmp_path)
    assert checks.repeated == {"validation": 1, "test": 2}
    assert checks.contradicting == 1
    assert checks.uniform == 0


@pytest.mark.parametrize("value", [0, 7, 255])
def test_constant_inputs_are_found(tmp_path: Path, value: int) -> None:
    x = np.full((40, SIDE, SIDE), value, np.uint8)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(40) % 2)
    checks = checked(tmp_path / "a.npz")
    assert checks.spread == 0
    assert checks.uniform == 40
    assert checks.ranges["train"] == (value, value)
    assert checks.repeated == {"validation": 0, "test": 0}


def test_nearly_constant_inputs_are_found(tmp_path: Path) -> None:
    x = bits() + np.uint8(100)
    x[:, 3, 3] = 255  # a bright pixel hides it from the range
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(40) % 2)
    assert checked(tmp_path / "a.npz").spread < 0.005
    np.savez(tmp_path / "b.npz", x=pixels(0, 40, SIDE, SIDE), y=np.arange(40) % 2)
    assert checked(tmp_path / "b.npz").spread > 0.2


def test_facts_travel_as_json(tmp_path: Path) -> None:
    pictures(tmp_path / "Training", 10)
    facts = DataFacts.of(load(str(tmp_path)))
    assert DataFacts.from_json(json.loads(json.dumps(asdict(facts)))) == facts


# Studies that began by the earlier rules.


def test_what_began_by_the_earlier_rules_is_read_by_them(tmp_path: Path) -> None:
    pictures(tmp_path / "data" / "train", 8)
    pictures(tmp_path / "data" / "valid", 2)
    hidden = tmp_path / "data" / "train" / "a" / ".ipynb_checkpoints"
    hidden.mkdir()
    Image.fromarray(pixels(1)).save(hidden / "0.png")
    Image.fromarray(pixels(2)).convert("L").save(tmp_path / "data" / "train" / "a" / "0.png")
    first, now = (load(str(tmp_path / "data"), reader=reader) for reader in (1, 2))
    # The hidden copy comes first of all files: it is in colour.
    assert (first.image_shape, sum(sizes(first)), sizes(now)) == ((16, 16, 3), 17, [13, 4, 3])
    np.savez(tmp_path / "a.npz", x=bits(), y=np.arange(40) % 2, x_test=bits(), y_test=bits())
    assert every(load(str(tmp_path / "a.npz"), reader=1)).max() == 1
    assert DataSpec("digits").reader == 2
