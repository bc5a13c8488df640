"""The specification of a data set: its name, the size of its images and the sizes of its parts."""

from __future__ import annotations

from dataclasses import dataclass, fields

READER = 3
"""The version of the rules by which data are read, which `docs/data.md` describes.

What was begun by earlier rules, as those of `model_space.data.earlier`, goes on by them.
"""


@dataclass(frozen=True)
class Columns:
    """The columns of a table of images or sounds, by name or number; None for one to be found."""

    path: str | None = None
    """Paths of files, or the images or sounds themselves."""
    label: str | None = None
    """Names or numbers of classes."""
    split: str | None = None
    """Names of splits."""

    def __str__(self) -> str:
        """The columns as `--columns` takes them."""
        given = ((one.name, getattr(self, one.name)) for one in fields(self))
        return ",".join(f"{name}={column}" for name, column in given if column is not None)


@dataclass(frozen=True)
class DataSpec:
    """The arguments of `model_space.data.load`."""

    name: str
    """A known set, or where the data are, as `--data` takes it."""
    image_size: int | None = None
    """Pixels a side to which images are resized; None leaves them as they are."""
    validation: float = 0.1
    """Below 1 a share of the training images, from 1 on a number of them, to validate with; of no
    effect where the data have images for that."""
    train_size: int | None = None
    """The most images to train on; None takes all that are left."""
    seed: int = 0
    """Of the draws that hold images out."""
    reader: int = READER
    """The version of the rules."""
    columns: Columns | None = None
    """Those of a table that are named."""
