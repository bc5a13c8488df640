"""The script's data are the study's, wherever they come from."""

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from model_space.data import Columns, Data, DataError, DataSpec, load_spec
from tests.model_space.data.test_sound import tones
from tests.support.scripts import SMALL, check_clean, run, written
from tests.support.wav import ODD, riff

pytestmark = pytest.mark.numeric


def pictures(root: Path, count: int = 7, suffix: str = ".png") -> Path:
    draw = np.random.default_rng(0)
    for number, name in enumerate(("b", "a")):
        (root / name / "deeper").mkdir(parents=True)
        for index in range(count + number):
            pixels = draw.integers(0, 256, (20, 18, 3), dtype=np.uint8)
            inside = root / name / ("deeper" if index % 2 else "")
            Image.fromarray(pixels).save(inside / f"{index}{suffix}")
    (root / ".hidden").mkdir()
    (root / "a" / "notes.txt").write_text("no image")
    return root


def archive(path: Path, **changes: Any) -> Path:
    draw = np.random.default_rng(0)
    arrays = {
        "x": draw.integers(0, 256, (40, 16, 16), dtype=np.uint8), "y": np.arange(40) % 3 * 2 + 5
    }  # fmt: skip
    np.savez(path, **{n: a for n, a in {**arrays, **changes}.items() if a is not None})
    return path


def mixed(
    root: Path, parts: tuple[str, ...] = ("Training", "valid", "test"), empty: str = "none"
) -> Path:
    """A folder with all that the reader knows of, within another."""
    for seed, part in enumerate(parts):
        inside = pictures(root / "archive" / part)
        draw = np.random.default_rng(seed)
        colours = draw.integers(0, 256, (6, 20, 18, 4), np.uint8)
        exif = Image.Exif()
        for orientation in range(1, 9):
            exif[0x0112] = orientation
            photo = Image.fromarray(colours[0, ..., :3] // orientation)
            photo.save(inside / "a" / f"photo {orientation}.jfif", "JPEG", exif=exif)
        Image.fromarray(colours[1]).save(inside / "b" / "shape.webp", lossless=True)
        Image.fromarray(colours[2, ..., 0].astype(np.uint16) * 16).save(inside / "b" / "deep.png")
        Image.fromarray(colours[3, ..., 0]).save(inside / "a" / "grey.tif")
        Image.fromarray(colours[4]).quantize(9).save(inside / "a" / "few.png", transparency=3)
        (inside / "b" / "linked").symlink_to(inside / "a" / "deeper")
        (inside / "b" / ".copies").mkdir()
        Image.fromarray(colours[5]).save(inside / "b" / ".copies" / "0.png")
        (inside / empty).mkdir(exist_ok=True)
    return root


def bits() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 2, (40, 16, 16)).astype(bool)


NAMES = np.array(["dog", "cat"])[np.arange(40) % 2]


def masks(root: Path) -> Path:
    for number, image in enumerate(bits()):
        (root / NAMES[number]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.astype(np.uint8)).save(root / NAMES[number] / f"{number}.png")
    return root


def odd_sounds(root: Path) -> Path:
    for number, content in enumerate(ODD.values()):
        for name in "ab":
            (root / name).mkdir(parents=True, exist_ok=True)
            (root / name / f"{number}.WAV").write_bytes(content + b"x" * (name == "b"))
    codes = np.random.default_rng(0).integers(0, 256, 4000, np.uint8).tobytes()
    (root / "a" / "telephone.wav").write_bytes(riff(codes, 7, 1))
    tone = np.sin(np.arange(8000) / 9)
    wavfile.write(root / "b" / "opposite.wav", 11025, np.stack([tone, -tone], axis=1))
    with contextlib.suppress(ImportError):
        import soundfile

        soundfile.write(root / "a" / "more.flac", tone, 8000)
    return root


def table(path: Path) -> DataSpec:
    """A table as a spreadsheet writes it, of images and splits, with an odd name."""
    folder = mixed(path / "data") / "archive"
    lines = ["Bild;Rasse;Größe;split"]
    for part in ("Training", "test"):
        for file in sorted((folder / part).rglob("*.png")):
            if ".copies" not in str(file):
                name = str(file.relative_to(path)).replace(
                    "/", "\\" if "deeper" in str(file) else "/"
                )
                lines.append(f'"{name}";{10 - len(file.parent.name)};1,5;{part}')
    (path / "labels.csv").write_bytes("\r\n".join([*lines, ";3;0;test"]).encode("utf-8-sig"))
    return DataSpec(str(path / "labels.csv"), columns=Columns(label="Rasse"))


def parquet(path: Path) -> DataSpec:
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(pictures(path / "data").rglob("*.png"))
    for part, some in {"train": files[2:], "test": files[:2]}.items():
        rows = [{"bytes": file.read_bytes(), "path": file.name} for file in some]
        labels = [7 + len(file.parts) % 2 for file in some]
        of_part = pa.table({"image": rows, "label": labels})
        pq.write_table(of_part, path / f"{part}-00000-of-00001.parquet")
    shutil.rmtree(path / "data")
    return DataSpec(str(path))


def packed(path: Path, kind: str) -> DataSpec:
    mixed(path / "data")
    (path / "data" / "archive" / "Training" / "b" / "linked").unlink()
    (path / "data" / "archive" / "valid" / "b" / "linked").unlink()
    (path / "data" / "archive" / "test" / "b" / "linked").unlink()
    name = shutil.make_archive(str(path / "photos"), kind, path / "data")
    shutil.rmtree(path / "data")
    return DataSpec(name)


def several(path: Path) -> DataSpec:
    """Two folders, one with splits, of which one image to train on is another's to test on."""
    for part in ("train", "test"):
        pictures(path / "one" / part)
    for image in sorted(pictures(path / "two", 9).rglob("*.png")):
        Image.open(image).rotate(90).save(image)
    shutil.copy(path / "one" / "test" / "b" / "0.png", path / "two" / "b" / "copy.png")
    return DataSpec(f"{path / 'one'},{path / 'two'}")


X, Y = np.random.default_rng(1).normal(3, 2, (30, 15, 15, 3)), np.arange(30)[:, None] % 3
SOURCES: dict[str, Callable[[Path], DataSpec]] = {
    "digits": lambda path: DataSpec("digits"),
    "digits, fewer and larger": lambda path: replace(SMALL, image_size=20),
    "a share": lambda path: DataSpec("digits", train_size=300, validation=0.25, seed=3),
    "archive": lambda path: DataSpec(str(archive(path / "a.npz")), validation=6),
    "archive in parts": lambda path: DataSpec(
        str(archive(
            path / "a.npz", x=None, y=None, x_train=X[:20], y_train=Y[:20], x_test=X[20:25],
            y_test=Y[20:25], x_val=X[25:], y_val=np.eye(3)[Y[25:, 0]],
        )),
        train_size=15,
    ),
    "archive of numbers from 0 to 1": lambda path: DataSpec(
        str(archive(path / "a.npz", x=np.random.default_rng(2).random((40, 15, 15, 1)))),
        image_size=17,
    ),
    "folder": lambda path: DataSpec(str(pictures(path / "data"))),
    "folder in parts, resized": lambda path: DataSpec(
        str([pictures(path / "data" / part) for part in ("val", "train")][1].parent),
        image_size=16,
    ),
    "sounds": lambda path: DataSpec(str(tones(path / "data"))),
    "folder as people have it": lambda path: DataSpec(str(mixed(path / "data"))),
    "the same, by the earlier rules": lambda path: DataSpec(
        str(mixed(path / "data", ("train", "val", "test"), "") / "archive"), reader=1
    ),
    "folder of zeros and ones": lambda path: DataSpec(str(masks(path / "data"))),
    "archive as people have it": lambda path: DataSpec(
        str(archive(
            path / "a.npz", x=None, y=None, trainImages=12 + bits().astype(np.uint8),
            train_labels=NAMES, X_val=bits()[::4], y_valid=NAMES[::4],
        )),
        image_size=17,
    ),
    "table": table,
    "parquet": parquet,
    "zip": lambda path: packed(path, "zip"),
    "tar": lambda path: packed(path, "gztar"),
    "several folders": several,
    "sounds as people have them": lambda path: DataSpec(str(odd_sounds(path / "data"))),
}  # fmt: skip


def in_order(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is trained on, whichever way round."""
    order = np.lexsort(np.round(images.reshape(len(images), -1).T, 4))
    return images[order], labels[order]


SETS_OF_KERAS = {"cifar10": ((32, 32, 3), (60, 1)), "mnist": ((28, 28), (60,))}
"""The shapes of an image and of 60 labels."""


@pytest.mark.parametrize("case", [*SOURCES, *SETS_OF_KERAS])
def test_the_scripts_data_and_test_images_are_the_study_s(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if case in SOURCES:
        where = SOURCES[case](tmp_path)
    else:
        where = DataSpec(case, train_size=30)
        image, of = SETS_OF_KERAS[case]
        images = np.random.default_rng(0).integers(0, 256, (60, *image), np.uint8)
        labels = (np.arange(60) % 10).astype(np.uint8).reshape(of)
        halves = (images[:40], labels[:40]), (images[40:], labels[40:])
        monkeypatch.setattr(getattr(keras.datasets, case), "load_data", lambda: halves)
    data = load_spec(where)
    script = written({}, data, where)
    space = run(script)
    check_clean({"script": script}, tmp_path)
    (images, labels), (test_images, test_labels) = space["load"]()
    expected = data.joined()
    for ours, theirs in zip(in_order(images, labels), in_order(*expected.train), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_array_equal(test_labels, data.test[1])
    np.testing.assert_allclose(test_images, data.test[0], atol=1e-6)
    numbers, rows = space["prepared"]((test_images, test_labels))
    scale = 255 if data.test[0].dtype == np.uint8 else 1
    np.testing.assert_allclose(numbers, data.test[0] / scale, atol=1e-6)
    assert numbers.dtype == np.float32
    np.testing.assert_array_equal(rows, np.eye(len(data.classes))[data.test[1]])


def test_a_path_that_is_no_utf_8_does_not_keep_the_script_from_being_written(
    tmp_path: Path,
) -> None:
    folder = tmp_path / b"caf\xe9".decode(errors="surrogateescape")
    pictures(folder)
    where = DataSpec(str(folder))
    data = load_spec(where)
    script = written({}, data, where, about=(f"Of {where.name}.",))
    assert r"caf\\udce9." in script.splitlines()[0]
    np.testing.assert_array_equal(run(script)["load"]()[1][0], data.test[0])


def test_data_that_are_not_the_study_s_are_refused(digits: Data) -> None:
    with pytest.raises(DataError, match="the images of digits are not those of the study"):
        written({}, digits, replace(SMALL, validation=60))
    labels = digits.train[1].copy()
    labels[labels == 3] = 5  # as many images, some in another class
    moved = replace(digits, train=(digits.train[0], labels))
    with pytest.raises(DataError, match="the images of digits are not those of the study"):
        written({}, moved)
    with pytest.raises(DataError, match="there is no data set and no path 'nothing'"):
        written({}, digits, replace(SMALL, name="nothing"))
