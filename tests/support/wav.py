"""Sounds, and WAV files whose headers are odd."""

from __future__ import annotations

import struct

import numpy as np

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
