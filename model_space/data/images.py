"""Decoding of image files, all to one size, and all to colour or all to grey.

Pillow is imported where it is called: who only reads studies may do without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Protocol

import numpy as np

from model_space.data.files import decoded
from model_space.data.reading import Levels, Reading
from model_space.data.source import DataError, Decoder, FileError, Progress, unreadable
from model_space.data.spec import READER

if TYPE_CHECKING:
    from PIL import Image

File = str | BinaryIO
"""A file's name, or its content."""

_GREY = ("1", "L", "LA", "La", "F")
_FACTS = np.dtype([
    ("width", "<i4"), ("height", "<i4"), ("grey", "?"), ("wide", "?"), ("deep", "?"),
    ("turned", "?"), ("transparent", "?"), ("frames", "?"), ("low", "<f8"), ("high", "<f8"),
])  # fmt: skip
"""Of an image file: its size as it is seen, and the values of more than 8 bits that it holds."""


class Pixels(Protocol):
    """Turns an opened image into bytes (height, width, channels)."""

    __module__: str
    __name__: str

    def __call__(
        self, image: Image.Image, mode: str, size: tuple[int, int], levels: Levels = ...
    ) -> np.ndarray:
        """Take Pillow's mode, L or RGB, the width and height, and the values of 16 bits."""


def image_decoder(
    files: Mapping[str, np.ndarray], image_size: int | None, progress: Progress
) -> tuple[Decoder, Reading]:
    """Return a decoder of image files, and what it changes of those given for each part.

    Images become RGB, or grey where all training images are. They have the size of the first of
    those, or `image_size` pixels a side. Images of more than 8 bits are scaled so that the
    training images span black to white. Raises `DataError` that names the broken files.
    """
    facts = {part: survey(of_part, progress) for part, of_part in files.items()}
    train = facts["train"]
    mode = "L" if train["grey"].all() else "RGB"
    size = (image_size,) * 2 if image_size else (int(train["width"][0]), int(train["height"][0]))
    ranges = {p: levels for p, of_part in facts.items() if (levels := _levels(of_part)) is not None}
    levels = ranges.get("train") or _levels(np.concatenate(list(facts.values())))
    every = np.concatenate(list(facts.values()))
    reading = Reading(
        resized=int(((every["width"] != size[0]) | (every["height"] != size[1])).sum()),
        made_grey=int((~every["grey"]).sum()) if mode == "L" else 0,
        made_colour=int(every["grey"].sum()) if mode == "RGB" else 0,
        composed=int(every["transparent"].sum()),
        turned=int(every["turned"].sum()),
        first_frames=int(every["frames"].sum()),
        eight_bits=int(every["deep"].sum()),
        wide=int(every["wide"].sum()),
        levels=levels,
        ranges=ranges if "train" in ranges and len(ranges) > 1 else {},
    )
    return decoder(pixels, mode, size, levels), reading


def decoder(
    pixels: Pixels, mode: str, size: tuple[int, int], levels: Levels | None = None
) -> Decoder:
    """Return a decoder of image files by the rules of `pixels`."""
    shape = size[1], size[0], 1 if mode == "L" else 3
    how = (mode, size) if pixels.__module__ != __name__ else (mode, size, levels, READER)

    def decode(files: np.ndarray, progress: Progress) -> np.ndarray:
        one = partial(decode_image, mode=mode, size=size, levels=levels, pixels=pixels)
        return decoded(files, one, how, shape, progress)

    return decode


def survey(files: np.ndarray, progress: Progress) -> np.ndarray:
    """Look at the beginning of each file (N,), once, and return what it says of itself (N,).

    Images of more than 8 bits are read whole. Raises `DataError` that names the broken ones.
    """
    if not len(files):
        return np.zeros(0, _FACTS)
    rows = decoded(files, _look, ("survey", _FACTS.descr, READER), (_FACTS.itemsize,), progress)
    return np.frombuffer(rows, _FACTS)


def _look(file: str) -> np.ndarray:
    """Return what an image says of itself, as bytes."""
    with opened(file) as image:
        wide = image.mode.startswith(("I", "F"))
        deep = str(getattr(image, "tile", "")).count(";16") > 0 and not wide
        grey = image.mode in _GREY or wide or "'LA;16" in str(getattr(image, "tile", ""))
        turned = 1 if image.format == "TIFF" else orientation(image)  # Pillow turns TIFF itself
        sides = image.size[::-1] if turned in (5, 6, 7, 8) else image.size
        _check_finite(file, image)
        values = np.asarray(image, np.float64) if wide else np.zeros(1)
        facts = (
            *sides, grey, wide, deep, turned in range(2, 9),
            image.has_transparency_data and not wide, getattr(image, "is_animated", False),
            values.min(), values.max(),
        )  # fmt: skip
    return np.frombuffer(np.array([facts], _FACTS).tobytes(), np.uint8)


def _levels(facts: np.ndarray) -> Levels | None:
    """Return the range of the values of more than 8 bits; None where there are none."""
    wide = facts[facts["wide"]]
    if not len(wide):
        return None
    return float(wide["low"].min()), float(wide["high"].max())


def size_of(file: File) -> tuple[int, int]:
    """Return an image's width and height; raises `DataError`."""
    with opened(file) as image:
        return image.size


@contextmanager
def opened(file: File) -> Iterator[Image.Image]:
    """Open an image file; raises `FileError` for whatever Pillow raises until it is closed."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            yield image
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        has, most, *_ = (int(number) for number in re.findall(r"\d+", str(error)))
        raise FileError(
            file,
            f"has {has:,} pixels, and Pillow opens {most:,} at most, because larger images may be "
            "made to exhaust the memory",
            "make it smaller or remove it",
        ) from error
    except Exception as error:  # Pillow raises all kinds, as a broken file happens to mislead it
        raise unreadable(file, error, "an image") from error


def decode_image(
    file: File, mode: str, size: tuple[int, int], levels: Levels | None, pixels: Pixels
) -> np.ndarray:
    """Decode a file into an image (height, width, channels), bytes, by the rules of `pixels`.

    `mode` is Pillow's, L or RGB, and `size` width and height. Raises `DataError`.
    """
    with opened(file) as image:
        _check_finite(file, image)
        return pixels(image, mode, size, levels) if levels else pixels(image, mode, size)


def _check_finite(file: File, image: Image.Image) -> None:
    """Raise `FileError` where pixels are no numbers, which floats alone can be."""
    if image.mode == "F" and not np.isfinite(np.asarray(image)).all():
        raise FileError(file, "has pixels that are NaN or infinite")


def pixels(
    image: Image.Image, mode: str, size: tuple[int, int], levels: tuple[float, float] = (0, 65535)
) -> np.ndarray:
    """Return an image's bytes (height, width, channels): upright, and on white if transparent.

    `mode` is Pillow's, L or RGB, and `size` width and height. Of values of more than 8 bits,
    `levels` are those that become black and white.
    """
    from PIL import Image, ImageOps

    image.load()
    if orientation(image) in range(2, 9):
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        low, high = levels
        values = (np.asarray(image, np.float64) - low) * (255 / ((high - low) or 1))
        image = Image.fromarray(np.rint(values.clip(0, 255)).astype(np.uint8))
    elif image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    image = image.convert(mode)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(image)
    return array if array.ndim == 3 else array[..., np.newaxis]


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation of an image, 1 to 8; 1 where it has none that can be read."""
    from PIL import ExifTags, Image

    try:
        # Not PNG's own, which decodes the whole image to look behind it.
        return int(Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow raises all kinds for a damaged header
        return 1


def resized(images: np.ndarray, size: int | None) -> np.ndarray:
    """Resize images (N, height, width, channels) to `size` pixels a side, unless that is None."""
    if size is None or images.shape[1:3] == (size, size):
        return images
    from PIL import Image

    result = np.empty((len(images), size, size, images.shape[-1]), images.dtype)
    for image, target in zip(images, result, strict=True):
        for channel in range(images.shape[-1]):
            plane = Image.fromarray(image[..., channel])
            target[..., channel] = plane.resize((size, size), Image.Resampling.BILINEAR)
    return result
