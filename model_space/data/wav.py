"""Reading of WAV files: PCM of any width, floats, A-law and µ-law, and what is written to pipes."""

from __future__ import annotations

import struct
from io import SEEK_CUR
from pathlib import Path

import numpy as np

_UNKNOWN = 0x7FFFF000
"""A program that writes to a pipe does not know the sizes yet, and puts this or more for them."""


class NotPlainWavError(ValueError):
    """A file is no WAV, or one of a coding that only other libraries read."""


def read_wav(file: str, seconds: float) -> tuple[int, int, np.ndarray]:
    """Return the rate in Hz, the number of samples, and those of the first seconds (n, channels).

    Samples are numbers of the file's own kind; those of 24 bits are the upper ones of 32. Raises
    `NotPlainWavError`, and `ValueError` where the file is damaged or cut short.
    """
    with open(file, "rb") as opened:
        kind, claimed, wave = opened.read(4), opened.read(4), opened.read(4)
        if kind not in (b"RIFF", b"RIFX", b"RF64") or wave != b"WAVE":
            raise NotPlainWavError("no WAV")
        order = ">" if kind == b"RIFX" else "<"
        length = Path(file).stat().st_size
        size = struct.unpack(f"{order}I", claimed)[0]
        unknown = size == 0 or size >= _UNKNOWN
        # Eight bytes come before those counted; one that pads the last chunk is often forgotten.
        if not unknown and length + 1 < size + 8:
            raise ValueError("cut short")
        form = b""
        size_64 = None
        while len(head := opened.read(8)) == 8:
            size = struct.unpack(f"{order}I", head[4:])[0]
            if head[:4] == b"data":
                break
            chunk = opened.read(min(size, 64))
            if head[:4] == b"fmt ":
                form = chunk
            elif head[:4] == b"ds64":
                size_64 = struct.unpack("<Q", chunk[8:16])[0]
            opened.seek(size + size % 2 - len(chunk), SEEK_CUR)
        else:
            raise ValueError("no samples")
        coding, channels, rate, _, frame, _ = struct.unpack(f"{order}HHIIHH", form[:16])
        if coding == 0xFFFE:  # the coding is told in an extension
            coding = struct.unpack(f"{order}H", form[24:26])[0]
        if not channels or not frame or frame % channels:
            raise ValueError("no channels")
        left = length - opened.tell()
        if size >= _UNKNOWN or (size == 0 and unknown):
            size = left if size_64 is None else size_64
        if size > left:
            raise ValueError("cut short")
        count = size // frame
        wanted = min(count, round(seconds * rate))
        samples = _samples(opened.read(wanted * frame), coding, frame // channels, order)
    return rate, count, samples.reshape(wanted, channels)


def _samples(data: bytes, coding: int, width: int, order: str) -> np.ndarray:
    """Return the numbers (N,) of samples of that many bytes."""
    kinds = {(1, 1): "u1", (1, 2): "i2", (1, 4): "i4", (1, 8): "i8", (3, 4): "f4", (3, 8): "f8"}
    if (kind := kinds.get((coding, width))) is not None:
        return np.frombuffer(data, f"{order}{kind}")
    if (coding, width) == (1, 3):
        whole = np.zeros((len(data) // 3, 4), np.uint8)
        first = 1 if order == "<" else 0
        whole[:, first : first + 3] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return whole.ravel().view(f"{order}i4")
    if coding in (6, 7) and width == 1:
        return _companded(coding)[np.frombuffer(data, np.uint8)]
    raise NotPlainWavError(f"coding {coding} of {8 * width} bits")


def _companded(coding: int) -> np.ndarray:
    """Return the samples (256,) that the codes of A-law, 6, or µ-law, 7, stand for (ITU G.711)."""
    codes = np.arange(256) ^ (0x55 if coding == 6 else 0xFF)
    exponent, mantissa = codes >> 4 & 7, codes & 15
    if coding == 6:
        steps = np.where(
            exponent, 2 * mantissa + 33 << np.maximum(exponent - 1, 0), 2 * mantissa + 1
        )
        size, negative = 8 * steps, codes < 128
    else:
        size, negative = 4 * ((2 * mantissa + 33 << exponent) - 33), codes >= 128
    return np.where(negative, -size, size).astype(np.int16)
