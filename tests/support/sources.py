"""Sources of the same ten images, a/0.png to b/4.png, and what is said of them."""

from __future__ import annotations

import io

from PIL import Image

from model_space.data import Data
from model_space.facts import DataFacts
from search.reporting.data import account
from tests.support.pictures import pixels

NAMES = [f"{name}/{number}.png" for name in "ab" for number in range(5)]


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels(seed)).save(file, "PNG")
    return file.getvalue()


FILES = {name: png(at) for at, name in enumerate(NAMES)}


def same(data: Data, other: Data) -> None:
    """The same images, whatever the order in which they were listed."""
    for ours, theirs in ((data, other), (other, data)):
        have = {(i.tobytes(), n) for p in ours.parts.values() for i, n in zip(*p, strict=True)}
        for part in theirs.parts.values():
            assert have >= {(i.tobytes(), n) for i, n in zip(*part, strict=True)}


def said(data: Data) -> str:
    return " ".join(account(DataFacts.of(data)))
