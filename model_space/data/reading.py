"""The account of how a data set was read: what was left out of it, and what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Levels = tuple[float, float]
"""The values that become black and white."""


@dataclass(frozen=True)
class Reading:
    """An account of what was left out of a data set, or changed; counts are of images or sounds."""

    splits: Mapping[str, str] = field(default_factory=dict)
    """The folder or array of each part, where the data have such parts."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Files that are neither image nor sound by their suffix, in lower case; "" is none."""
    hidden: int = 0
    """Images or sounds that are hidden, or lie in a hidden folder."""
    outside: int = 0
    """Those that lie in no class."""
    unlabelled: tuple[str, ...] = ()
    """Folders beside the splits, or splits, whose images or sounds are in no class."""
    empty_classes: tuple[str, ...] = ()
    """Folders for classes, or splits, that hold no image or sound."""
    like_splits: tuple[str, ...] = ()
    """Classes that are named like splits."""
    nested: Mapping[str, int] = field(default_factory=dict)
    """Classes that hold folders only, and how many."""
    arrays_left_out: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    """Of a table, the names of its columns `path`, `label` and, if there is one, `split`."""
    columns_unused: tuple[str, ...] = ()
    """The other columns of a table."""
    encoding: str = ""
    """Of a table in a text file, where that is not UTF-8."""
    beside: str = ""
    """Of a table, the folder of its files, from its own, where that is another."""
    unlabelled_rows: int = 0
    """Of a table, rows that lack a label, or an image or sound."""
    repeated_rows: int = 0
    """Of a table, rows that say again what another says."""
    splits_left_out: Mapping[str, int] = field(default_factory=dict)
    """Rows of splits that are none to train on, to validate with or to test on."""
    merged: Mapping[str, int] = field(default_factory=dict)
    """Of several folders, the images or sounds that each adds."""
    copies: int = 0
    """Images or sounds of a folder that an earlier one has in the same class."""
    resized: int = 0
    """Images that had another size."""
    made_grey: int = 0
    made_colour: int = 0
    composed: int = 0
    """Images with transparency, laid on white."""
    turned: int = 0
    """Images turned or flipped upright, as their EXIF orientation says."""
    first_frames: int = 0
    """Images with several frames, of which the first is taken."""
    eight_bits: int = 0
    """Colour images of 16 bits, of which the upper eight are read."""
    cut: int = 0
    """Sounds that are longer than what is kept of them."""
    resampled: int = 0
    """Sounds of another rate."""
    wide: int = 0
    """Images of more than 8 bits, whose values are scaled."""
    levels: Levels | None = None
    """Of images of more than 8 bits, and of numbers that are not bytes, where they are scaled."""
    ranges: Mapping[str, Levels] = field(default_factory=dict)
    """The values that each part had before they were scaled, and so cut off, by those of `train`;
    none where only that has any."""
    stretched: tuple[int, int] | None = None
    """The bytes that become 0 and 255, where all lie close together."""


AS_IT_IS = Reading()
"""The account of data of which nothing is left out or changed."""
