"""The folder that `kouka train` writes: all of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_space.saved.model_card import CARD, MODEL
from search.errors import InputError
from search.writable import unwritable

CURVES, PAGE = "curves.html", "report.html"
KEPT = "; what was trained is kept, and another --out ends soon"


@contextmanager
def draft(out: Path) -> Iterator[Path]:
    """A folder that takes the place of `out` at the end of the block, unless that raises.

    Raises `InputError` where it could not, before the block is begun if that can be known.
    """
    with writing(out):
        out = out.resolve()
        _check_free(out)
        above = next(folder for folder in out.parents if folder.exists())
        beside = Path(tempfile.mkdtemp(dir=above, prefix=".kouka-"))
    try:
        new, old = beside / "new", beside / "old"
        with writing(out):
            new.mkdir()
        yield new
        with writing(out, KEPT):
            out.parent.mkdir(parents=True, exist_ok=True)
            _replace(out, new, old)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _replace(out: Path, new: Path, old: Path) -> None:
    if out.exists():
        out.rename(old)
    try:
        new.rename(out)
    except BaseException:  # as of Ctrl-C, after which the block's end removes both
        if old.exists() and not out.exists():
            old.rename(out)
        raise


def _check_free(out: Path) -> None:
    """Raise `InputError` unless `out` is missing, empty, or what kouka train wrote."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"--out {out} is a file; it takes a folder")
    held = {file.name for file in out.iterdir()}
    if foreign := sorted(held - {MODEL, CARD, CURVES, PAGE} if CARD in held else held):
        raise InputError(
            f"--out {out} holds {foreign[0]}, which kouka train did not write; move it away, or "
            "give another --out"
        )


@contextmanager
def writing(out: Path, kept: str = "") -> Iterator[None]:
    """Explain why `out` cannot be written. Raises `InputError`, which ends with what is `kept`."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # the latter of a link to itself, or a deep path
        raise InputError(unwritable("--out", out, error) + kept) from error
