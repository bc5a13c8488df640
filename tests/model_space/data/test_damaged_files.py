"""Damaged data: read or refused in a sentence, and soon, whatever is in the files."""

from __future__ import annotations

import errno
import io
import random
import wave
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_space.data import DataError, DataSpec, load_spec
from model_space.data.images import decode_image, pixels, size_of
from model_space.data.sound import _look as sound_facts
from tests.support.damage import damaged, within

# Pillow's and SciPy's, of what is odd in a file.
pytestmark = pytest.mark.filterwarnings("ignore")
RANDOM = np.random.default_rng(0)


def image(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(RANDOM.integers(0, 256, (16, 16, 3), np.uint8)).save(file, kind)
    return file.getvalue()


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(RANDOM.bytes(1600))
    return file.getvalue()


def array(shape: tuple[int, ...], content: bytes) -> bytes:
    """A .npy file that claims to be of that shape."""
    file = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


def refusal(data: Path) -> str:
    """The sentence that refuses the data, or an empty one; any other exception is passed on."""
    said = ""
    with within(10):
        try:
            load_spec(DataSpec(str(data), validation=2))
        except DataError as error:
            said = str(error)
    assert "\n" not in said
    assert len(said) < 800
    return said


def folder_of(good: bytes, suffix: str, at: Path) -> Path:
    for name in ("a", "b"):
        (at / name).mkdir(parents=True)
        for number in range(6):
            (at / name / f"{number}{suffix}").write_bytes(good)
    return at


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({".png": image("PNG"), ".jpg": image("JPEG"), ".bmp": image("BMP"), ".gif": image("GIF")},
         240),
        ({".wav": sound()}, 60),
    ],
    ids=["images", "sounds"],
)  # fmt: skip
def test_a_folder_with_a_damaged_file_is_read_or_refused(
    files: Mapping[str, bytes], count: int, tmp_path: Path
) -> None:
    first = next(iter(files))
    data, chance = folder_of(files[first], first, tmp_path / "data"), random.Random(1)
    assert not refusal(data)
    refused = 0
    for number in range(count):
        suffix = chance.choice(list(files))
        file = data / "a" / f"x{number}{suffix}"
        file.write_bytes(damaged(files[suffix], chance))
        refused += bool(refusal(data))
        file.unlink()
    assert refused > count / 10
    assert [file.name for file in tmp_path.iterdir()] == ["data"]


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    good, chance = io.BytesIO(), random.Random(1)
    np.savez(good, x=np.zeros((20, 16, 16), np.uint8), y=np.arange(20) % 2)
    file = tmp_path / "data.npz"
    for _ in range(60):
        file.write_bytes(damaged(good.getvalue(), chance))
        refusal(file)
    x, y = np.zeros((20, 16, 16), np.uint8), np.arange(20) % 2
    for name, odd in {
        "no images": (x[:0], y[:0]), "a number": (x[0, 0, 0], y[0]),
        "objects": (x, y.astype(object)), "NaN": (x * np.float32(np.nan), y),
        "complex": (x * 1j, y), "dates": (x, y.astype("M8[D]")), "halves": (x, y + 0.5),
        "records": (np.zeros(20, "i4,f4"), y), "texts": (x.astype(str), y),
        "no width": (x[:, :, :0], y), "infinite": (x, y / 0.0 if not y.any() else y * np.inf),
    }.items():  # fmt: skip
        np.savez(file, x=odd[0], y=odd[1])
        assert refusal(file), name


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    file, labels = tmp_path / "bomb.npz", io.BytesIO()
    np.save(labels, np.arange(20) % 2)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", array((10**6, 1000, 1000, 3), b"0" * 100))
        archive.writestr("y.npy", labels.getvalue())
    assert refusal(file)


def test_an_image_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    data = folder_of(image("PNG"), ".png", tmp_path / "data")
    header = image("BMP")
    size = (40_000).to_bytes(4, "little")
    (data / "a" / "bomb.bmp").write_bytes(header[:18] + size + size + header[26:])
    assert refusal(data)


def test_a_file_that_may_not_be_read_is_not_called_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(file: object, *mode: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", refused)
    for decode in (size_of, sound_facts):
        with pytest.raises(DataError) as refusing:
            decode(str(tmp_path / "x"))
        assert str(refusing.value) == (
            f"{tmp_path / 'x'} cannot be read (Permission denied); make it readable or remove it"
        )


def test_an_image_that_is_cut_short_is_called_broken(tmp_path: Path) -> None:
    whole = image("png")
    (tmp_path / "x.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read as an image; repair or remove it"):
        decode_image(str(tmp_path / "x.png"), "RGB", (16, 16), None, pixels)
