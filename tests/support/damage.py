"""Damaged files, made of good ones, the same at every run."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut a file short, or overwrite, insert or remove bytes, more often near its beginning."""
    data = bytearray(content)
    place = int(len(data) * chance.random() ** 3)
    kind = chance.randrange(4)
    if kind == 0:
        return bytes(data[:place])
    if kind == 1:
        data[place : place + chance.randrange(1, 9)] = b""
    elif kind == 2:
        data[place:place] = chance.randbytes(chance.randrange(1, 40))
    else:
        for _ in range(chance.randrange(1, 20)):
            data[int(len(data) * chance.random() ** 3)] = chance.choice((0, 1, 127, 255))
    return bytes(data)


class Hung(BaseException):  # so that nothing takes it for an error of a file
    """Something took longer than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `Hung` in this block, in the main thread, after so many seconds."""

    def stop(*arguments: object) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
