"""Folders that cannot be written, and what a message says to do."""

import errno
import os
from pathlib import Path

import pytest

from search.writable import unwritable


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free space there, or give another --out"),
        (errno.EACCES, "make it writable, or give another --out"),
        (errno.EROFS, "make it writable, or give another --out"),
        (errno.ENOTDIR, "it takes a folder"),
    ],
)
def test_the_remedy_is_that_of_the_reason(number: int, remedy: str) -> None:
    reason = os.strerror(number)
    assert unwritable("--out", Path("x"), OSError(number, reason)) == (
        f"--out x cannot be written ({reason}); {remedy}"
    )
