"""Images as people have them: colours, transparency, bits and directions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_space.data import DataError, load
from tests.support.pictures import SIDE, account, bits, every, pictures, pixels, predicted

pytestmark = pytest.mark.numeric


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
    assert (files.reading.wide, arrays.reading.wide) == (30, 0)
    ours = np.sort(every(files).reshape(30, -1) / 255, axis=0)
    theirs = np.sort(every(arrays).reshape(30, -1), axis=0)
    np.testing.assert_allclose(ours, theirs, atol=0.5 / 255 + 1e-6)
    one = predicted(files, tmp_path / "files" / "a" / f"00{suffix}")[0]
    np.testing.assert_allclose(one[..., 0] / 255, (x[0] - float(low)) / (high - low), atol=0.002)


def test_floats_that_are_no_numbers_are_refused_in_training_and_prediction(tmp_path: Path) -> None:
    for at in range(10):
        (tmp_path / "ab"[at % 2]).mkdir(exist_ok=True)
        values = pixels(at, SIDE, SIDE).astype(np.float32)
        Image.fromarray(values).save(tmp_path / "ab"[at % 2] / f"{at}.tif")
    data = load(str(tmp_path))
    values[3, 3] = np.nan
    Image.fromarray(values).save(tmp_path / "a" / "nan.tif")
    says = r"nan\.tif has pixels that are NaN or infinite; repair or remove it"
    with pytest.raises(DataError, match=says):
        load(str(tmp_path))
    with pytest.raises(DataError, match=says):
        predicted(data, tmp_path / "a" / "nan.tif")


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
