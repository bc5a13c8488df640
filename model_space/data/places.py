"""Places of data as `--data` names them: the name of a set, a path, or several folders.

By `os.path`, for which there is nothing of a name longer than the system allows, where `Path` has
an error.
"""

from __future__ import annotations

import os
from pathlib import Path

from model_space.data.arrays import KERAS_SETS
from model_space.data.source import DataError
from model_space.data.tfds import TFDS

DIGITS = "digits"
HUB = "hf:"
"""The prefix of the names of data sets of the Hugging Face Hub."""


def is_set(name: str) -> bool:
    """Tell the name of a data set from a path, as `--data` does."""
    return name in (DIGITS, *KERAS_SETS) or name.startswith((TFDS, HUB))


def places(name: str) -> tuple[Path, ...]:
    """Return the paths that `--data` names, of which several are separated by commas.

    A path with a comma in it is one where it exists. There are none of a set.
    """
    if is_set(name):
        return ()
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 1 or os.path.exists(name) or not all(parts):
        return (Path(name),)
    return tuple(map(Path, parts))


def missing(name: str) -> list[Path]:
    """Return the paths that `--data` names where there is nothing."""
    return [place for place in places(name) if not os.path.exists(place)]


def resolve(name: str) -> str:
    """Make paths absolute, so that a study means the same data from every folder.

    A known set wins over a folder of its name; `./NAME` means the folder. A link to a file stays
    one, as tables name what lies beside them. What is not there stays as it is.
    """
    if is_set(name) or not any(map(os.path.exists, places(name))):
        return name
    return ",".join(str(_absolute(place)) for place in places(name))


def _absolute(place: Path) -> Path:
    return place.parent.resolve() / place.name if os.path.isfile(place) else place.resolve()


def short(name: str) -> str:
    """Return a set's name, or the names of files and folders without those above them."""
    return name if is_set(name) else ",".join(place.name or str(place) for place in places(name))


def stem(name: str) -> str:
    """Return the name of a study of the data: that of the set, or of files without suffix."""
    if is_set(name):
        return name
    stems = (place.name.removesuffix("".join(_suffixes(place))) for place in places(name))
    return "+".join(stems)


def _suffixes(place: Path) -> list[str]:
    return place.suffixes[-2:] if place.suffixes[-2:-1] == [".tar"] else place.suffixes[-1:]


def check_several(name: str) -> None:
    """Raise `DataError` unless each of several places is a folder."""
    for place in places(name):
        if not os.path.isdir(place):
            what = "is no folder" if os.path.exists(place) else "does not exist"
            raise DataError(
                f"--data {name} names several folders to merge, and {place} {what}; give folders "
                "separated by commas, or one path"
            )
