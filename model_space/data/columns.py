"""The columns of a table of images or sounds, found by their names or by what they hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from model_space.data.layout import SUFFIXES, named_part
from model_space.data.listing import located, subfolders
from model_space.data.source import DataError
from model_space.data.spec import Columns

PATHS = (
    "path", "paths", "file", "files", "filename", "filenames", "filepath", "filepaths", "fname",
    "image", "images", "imagepath", "imagename", "imagefile", "imagefilename", "imageid", "img",
    "imgpath", "imgname", "imgfile", "audio", "audiopath", "audiofile", "sound", "soundfile",
    "wav", "wavfile", "id", "name",
)  # fmt: skip
"""Usual names of columns, in lower case, of letters and digits alone."""
LABELS = (
    "label", "labels", "labelname", "labelid", "class", "classes", "classname", "classid",
    "classlabel", "category", "categoryname", "categoryid", "target", "targets", "targetname", "y",
)  # fmt: skip
SPLITS = ("split", "splits", "subset", "partition", "usage", "datasplit", "phase", "set")

_HELD_OUT_FLAGS = {
    "isvalid": "validation", "isval": "validation", "isvalidation": "validation",
    "valid": "validation", "val": "validation", "validation": "validation", "istest": "test",
    "test": "test",
}  # fmt: skip
"""The part that a yes means in a column of splits of that name, where a no means to train on."""
NO, YES = {"false", "0", "0.0", "no"}, {"true", "1", "1.0", "yes"}
"""What cells say for no and for yes, in lower case."""

_SAMPLE = 100
"""Rows, at even distances, by which a column is judged."""
_FEW = 5
"""Of these, those that are looked for in every folder."""
_LISTED = 12
"""Columns, at most, that a message names."""


@dataclass(frozen=True)
class Found:
    """The columns that were found, and where the files are."""

    at: Mapping[str, int]
    """The numbers, from 0, of `path` and `label`, and of `split` if there is one."""
    names: Mapping[str, str]
    """What to call them."""
    header: bool
    folder: str = "."
    """The folder of the files, from that of the table."""
    suffix: str = ""
    """The end of the files' names, where the table leaves it out."""
    unused: tuple[str, ...] = ()
    """The names of the other columns, where columns have names."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """The part that each value of the split column means."""
    one_hot: Mapping[int, str] = field(default_factory=dict)
    """The classes of columns that say yes to their class, in place of one of labels."""

    @property
    def split(self) -> str | None:
        """The name of the split column, if there is one."""
        return self.names.get("split")


def find_columns(path: Path, rows: Sequence[Sequence[str]], named: Columns) -> Found:
    """Find the columns of a table's rows, the first of which may be a header.

    Those that are named are taken. Raises `DataError` where one is not there or cannot be told.
    """
    files = _Files(path.parent)
    header = _has_header(rows[0], named, files)
    names = [cell.strip() for cell in rows[0]] if header else [
        str(number) for number in range(1, len(rows[0]) + 1)
    ]  # fmt: skip
    columns = [[cell.strip() for cell in column] for column in zip(*rows[header:], strict=True)]
    columns = columns or [[] for _ in names]
    taken = named_columns(path, names, named)
    split, parts = find_split(path, names, columns, taken)
    if split is not None:
        taken["split"] = split
    if "path" not in taken:
        taken["path"] = _find_path(path, names, columns, taken, files)
    folder, suffix = files.where(columns[taken["path"]])
    one_hot = _find_one_hot(names, columns, taken) if header else {}
    if one_hot:
        taken["label"] = min(one_hot)
    elif "label" not in taken:
        taken["label"] = find_label(path, names, columns, taken)
    said = {what: names[at] if header else f"column {at + 1}" for what, at in taken.items()}
    if one_hot:
        said["label"] = f"the 1 in {listed(list(one_hot.values()))}"
    used = {*taken.values(), *one_hot}
    unused = tuple(name for at, name in enumerate(names) if header and name and at not in used)
    return Found(taken, said, header, folder, suffix, unused, parts, one_hot)


def without_split(path: Path, lacking: int, rows: int, column: str) -> DataError:
    """Return the error of rows that are in no split."""
    return DataError(
        f"{lacking:,} of {rows:,} rows of {path} have no split in {column}; fill them in, or "
        "remove that column"
    )


def named_columns(path: Path, names: Sequence[str], named: Columns) -> dict[str, int]:
    """Return the numbers, from 0, of the columns that were named."""
    taken = {}
    for what, column in vars(named).items():
        if column is None:
            continue
        if names.count(column) != 1:
            problem = "no column" if column not in names else "several columns"
            raise DataError(
                f"--columns {what}={column}: {path} has {problem} {column!r}; it has "
                f"{listed(names)}"
            )
        taken[what] = names.index(column)
    return taken


def find_split(
    path: Path, names: Sequence[str], columns: Sequence[Sequence[str]], taken: Mapping[str, int]
) -> tuple[int | None, dict[str, str]]:
    """Return the number of the column of splits, if there is one, and the part of each value."""

    def parts_of(at: int) -> dict[str, str | None]:
        values = list(dict.fromkeys(value for value in columns[at] if value))
        if len(values) > _SAMPLE:
            return {"": None}
        held_out = _HELD_OUT_FLAGS.get(plain(names[at])) if "split" in taken else None
        if held_out is not None and _are_yes_or_no(values):
            return {value: held_out if value.lower() in YES else "train" for value in values}
        return {value: part[0] if (part := named_part(value)) else None for value in values}

    free = [at for at in range(len(names)) if at not in taken.values()]
    usual = [at for at in free if plain(names[at]) in SPLITS]
    others = [at for at in free if at not in usual and plain(names[at]) not in LABELS]
    candidates = [taken["split"]] if "split" in taken else [*usual, *others]
    for at in candidates:
        parts = parts_of(at)
        known = {value: part for value, part in parts.items() if part is not None}
        meant = set(known.values())
        if len(known) == len(parts) and "train" in meant and (at not in others or len(meant) > 1):
            return at, known
        if "split" in taken or plain(names[at]) in ("split", "splits"):
            strange = [value for value in parts if value not in known]
            problem = f"holds {', '.join(strange[:3])}" if strange else "never says train"
            raise DataError(
                f"the column {names[at]} of {path} {problem}; splits are called train, "
                "validation and test"
            )
    return None, {}


def not_one(what: str, key: str, may: Sequence[str], names: Sequence[str]) -> DataError:
    """Return the error for a column that may be several, or none, of those of a table.

    `key` is what --columns calls it.
    """
    found = f"may be {' or '.join(may)}" if may else "cannot be told"
    return DataError(
        f"{what} {found} (its columns are {listed(names)}); --columns {key}=COLUMN names it"
    )


def find_label(
    path: Path, names: Sequence[str], columns: Sequence[Sequence[str]], taken: Mapping[str, int]
) -> int:
    """Return the number of the column of labels, by its name or by values that come again."""
    free = [at for at in range(len(names)) if at not in taken.values()]
    usual = [at for at in free if plain(names[at]) in LABELS]
    if not usual and len(free) > 1:
        sizes = {at: (len(set(columns[at]) - {""}), len(columns[at])) for at in free}
        usual = [at for at, (values, rows) in sizes.items() if 2 <= values <= rows / 2]
    candidates = usual or (free if len(free) == 1 else [])
    if len(candidates) > 1 and _same(columns, candidates):
        texts = [at for at in candidates if not all(map(_is_number, columns[at]))]
        return (texts or candidates)[0]
    if len(candidates) != 1:
        may = [names[at] for at in candidates]
        if len(may) > 1 and all(_are_yes_or_no(columns[at]) for at in candidates):
            raise _not_one_hot(path, may, [columns[at] for at in candidates])
        raise not_one(f"the label column of {path}", "label", may, names)
    return candidates[0]


def _not_one_hot(path: Path, names: Sequence[str], columns: Sequence[Sequence[str]]) -> DataError:
    """Return the error of a column for each class, of which a row has none or several."""
    ones = [sum(cell.lower() in YES for cell in row) for row in zip(*columns, strict=True)]
    return DataError(
        f"the columns {listed(names)} of {path} have no yes in {ones.count(0):,} of {len(ones):,} "
        f"rows, and several in {sum(count > 1 for count in ones):,}; a classifier needs one class "
        "for each row, so leave the others out, or name one column with --columns label=COLUMN"
    )


def listed(names: Sequence[str]) -> str:
    """Return the first names of columns, and the number of the others."""
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _find_one_hot(
    names: Sequence[str], columns: Sequence[Sequence[str]], taken: Mapping[str, int]
) -> dict[int, str]:
    """Return the columns that have a 1, or a yes, in the rows of their class alone.

    Empty where labels have a column of their own, or where a row has several classes.
    """
    free = [at for at in range(len(names)) if at not in taken.values()]
    if "label" in taken or any(plain(names[at]) in LABELS for at in free):
        return {}
    found = [
        at for at in free if _are_yes_or_no(columns[at]) and YES & set(map(str.lower, columns[at]))
    ]
    rows = zip(*(columns[at] for at in found), strict=True)
    if len(found) < 2 or any(sum(cell.lower() in YES for cell in row) != 1 for row in rows):
        return {}
    return {at: names[at] for at in found}


def plain(name: str) -> str:
    """Return the letters and digits of a name, in lower case."""
    return re.sub(r"[\W_]", "", name.lower())


def looks_like_file(value: str) -> bool:
    """Tell the name of an image or a sound by its suffix."""
    return os.path.splitext(value)[1].lower() in SUFFIXES


class _Files:
    """Looks for the files of a table, in its folder and in those beside and within it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def are(self, column: Sequence[str], *, guess: bool = False) -> bool:
        """Tell a column of files: half of a sample is there, or named as files are.

        `guess` also looks for files whose suffix the column leaves out.
        """
        sample = _sampled(column)
        named = sum(map(looks_like_file, sample))
        found = self._found(sample, *self.where(column, guess=guess))
        return 2 * max(named, found) >= len(sample) > 0

    def there(self, column: Sequence[str]) -> bool:
        """Tell a column of files of which half of a sample is there."""
        sample = _sampled(column)
        return 2 * self._found(sample, *self.where(column, guess=False)) >= len(sample) > 0

    def where(self, column: Sequence[str], *, guess: bool = True) -> tuple[str, str]:
        """Return the folder, from the table's, of a column's files, and the end of their names.

        They are `.` and nothing unless that finds more of a sample.
        """
        sample = _sampled(column)
        whole = not guess or all(map(looks_like_file, sample))
        best = (".", "")
        most = self._found(sample, *best)
        if most == len(sample):
            return best
        for folder in self._folders:
            for suffix in ("",) if whole else self._suffixes(sample[0], folder):
                if not self._found(sample[:_FEW], folder, suffix):
                    continue
                if (found := self._found(sample, folder, suffix)) > most:
                    best, most = (folder, suffix), found
        return best

    def exists(self, cell: str) -> bool:
        """Tell whether a cell names a file from the table's folder."""
        return self._found([cell], ".", "") > 0

    @cached_property
    def _folders(self) -> list[str]:
        within = [each.name for each in subfolders(self._folder)]
        beside = [f"../{each.name}" for each in subfolders(self._folder.parent)]
        return [".", *within, *beside]

    def _suffixes(self, name: str, folder: str) -> list[str]:
        """Return the suffixes with which a folder has a file of that name."""
        at = os.path.join(self._folder, folder)
        return ["", *(s for s in SUFFIXES if os.path.isfile(located(at, name + s)))]

    def _found(self, sample: Sequence[str], folder: str, suffix: str) -> int:
        at = os.path.join(self._folder, folder)
        return sum(os.path.isfile(located(at, name + suffix)) for name in sample)


def _has_header(first: Sequence[str], named: Columns, files: _Files) -> bool:
    """Tell names of columns from a row of data. Columns named by number have no others."""
    cells = [cell.strip() for cell in first]
    given = [column for column in vars(named).values() if column is not None]
    if given and all(column.isdigit() and column not in cells for column in given):
        return False
    return not any(looks_like_file(cell) or files.exists(cell) for cell in cells if cell)


def _find_path(
    path: Path,
    names: Sequence[str],
    columns: Sequence[Sequence[str]],
    taken: Mapping[str, int],
    files: _Files,
) -> int:
    free = [at for at in range(len(names)) if at not in taken.values()]
    usual = [at for at in free if plain(names[at]) in PATHS]
    candidates = [at for at in free if files.are(columns[at])]
    for fewer in (usual, [at for at in candidates if files.there(columns[at])]):
        if len(candidates) > 1:
            candidates = [at for at in candidates if at in fewer] or candidates
    if not candidates:
        candidates = [at for at in usual if files.are(columns[at], guess=True)] or usual
    if len(candidates) != 1:
        what = f"the column of {path} with the paths of images or sounds"
        error = not_one(what, "path", [names[at] for at in candidates], names)
        if candidates:
            raise error
        raise DataError(f"{error}; a table of other data is for a program of yours, with --command")
    return candidates[0]


def _same(columns: Sequence[Sequence[str]], candidates: Sequence[int]) -> bool:
    """Tell columns that divide the rows into the same classes."""
    pairs = set(zip(*(columns[at] for at in candidates), strict=True))
    return all(len(pairs) == len(set(columns[at])) for at in candidates)


def _are_yes_or_no(values: Iterable[str]) -> bool:
    return {value.lower() for value in values} <= NO | YES


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return not value
    return True


def _sampled(column: Sequence[str]) -> list[str]:
    filled = [value for value in column if value]
    return filled[:: -(-len(filled) // _SAMPLE) or 1]
