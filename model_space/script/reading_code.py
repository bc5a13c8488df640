"""The code that reads a kind of data, and words of code that several kinds share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

BYTES = "images.astype(np.float32) / 255"


@dataclass
class ReadingCode:
    """The code that reads a kind of data, before anything is held out."""

    lines: list[str]
    """They assign `train`, and `validation` and `test` where the data have them."""
    parts: set[str]
    size: int | None = None
    """Pixels a side to which the images are then resized."""
    constants: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    """Code that the lines call, and `decoded` where they list files."""
    pixels: str = BYTES
    """The code of images as numbers from 0 to 1."""
    files: bool = False
    within: str = ""
    """The `with` statement that the lines and what follows stand in, if any."""


def text(value: object) -> str:
    """Return the code of a text, in double quotes."""
    of = str(value)
    # A name that is no Unicode, as file systems may have, can only be written by its codes.
    return json.dumps(of, ensure_ascii=any("\ud800" <= char <= "\udfff" for char in of))


def numbers(values: Iterable[int]) -> str:
    """Return the code of numbers, separated by commas."""
    return ", ".join(map(str, values))


def indented(lines: Iterable[str], margin: int = 4) -> str:
    """Return lines of code as a text, indented."""
    return "\n".join(f"{' ' * margin}{line}" if line else "" for line in lines)


def mode(channels: int) -> str:
    """Return Pillow's mode for images of that many channels."""
    return "L" if channels == 1 else "RGB"
