"""The layout of a folder of data: which of its folders are splits, and which are classes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model_space.data.class_names import look_alikes
from model_space.data.listing import IMAGES, SOUNDS, is_hidden, subfolders, walk
from model_space.data.source import DataError

SUFFIXES = IMAGES + SOUNDS

# As Hugging Face's datasets names splits, so that a folder means the same there and here.
_WORDS = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_KINDS = "set|sets|data|dataset|datasets|split|folder|files|images|image|imgs|img|sounds|audio"
"""Words beside them that say nothing."""
_SPLIT = re.compile(
    "|".join(f"(?P<{part}>{'|'.join(words)})" for part, words in _WORDS.items()).join(
        ("(?:", f")(?:{_KINDS})?")
    )
)


@dataclass(frozen=True)
class Layout:
    """The folders of a data set."""

    parts: dict[str, Path]
    """The folder of `train`, and of `validation` and `test` where there are any: each has a
    subfolder for each class."""
    classes: tuple[str, ...]
    """The names of the subfolders of `train` that hold images or sounds."""
    empty: tuple[str, ...] = ()
    """Those that hold none, and splits that hold none."""
    unlabelled: tuple[str, ...] = ()
    """Folders named like a split whose images or sounds are in no class."""
    like_splits: tuple[str, ...] = ()
    """Classes that are named like splits."""


def named_part(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the part that a folder's name says it is, and the other words of the name.

    None where no word, or several, name a split. Numbers, and words such as set, do not count.
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", apart)]
    parts = [match.lastgroup for word in words if (match := _SPLIT.fullmatch(word))]
    others = [word for word in words if not _SPLIT.fullmatch(word)]
    if len(parts) != 1 or parts[0] is None:
        return None
    return parts[0], tuple(word for word in others if not re.fullmatch(_KINDS, word))


def find_layout(path: Path) -> Layout:
    """Find the splits and classes of a folder. Raises `DataError` where there is nothing to train.

    Folders are splits where all those beside them are, except folders without data: a class may be
    called train. Where one folder only holds another, the inner one is meant.
    """
    root = _unwrapped(path, top=True)
    beside = [folder for folder in subfolders(root) if _holds_data(folder)]
    parts, others = _parts(beside)
    if not parts:
        return _undivided(root)
    if "train" not in parts:
        raise DataError(
            f"{root} has {', '.join(folder.name for folder in beside)} but no train folder; add "
            "one, or give a folder with a subfolder per class"
        )
    train = parts["train"] = _unwrapped(parts["train"])
    classes, empty = _classes(train)
    if not classes:
        raise DataError(
            f"{train} has no subfolders with images or sounds; it needs one for each class"
            f"{_or_table(train)}"
        )
    unlabelled = [folder.name for folder in others]
    for part in [part for part in parts if part != "train"]:
        folder = _unwrapped(parts[part], classes)
        names = [each.name for each in subfolders(folder) if _holds_data(each)]
        if not names or (len(names) == 1 and names[0] not in classes):
            unlabelled.append(parts.pop(part).name)
        elif unknown := sorted(set(names) - set(classes)):
            raise DataError(
                f"{folder} has classes that the training folder lacks: {unknown}"
                f"{look_alikes(unknown, classes)}; remove them, or add them there"
            )
        else:
            parts[part] = folder
    empty += tuple(
        each.name
        for each in subfolders(root)
        if named_part(each.name) is not None and not _holds_data(each)
    )
    return Layout(parts, classes, empty, tuple(sorted(unlabelled)))


def _undivided(root: Path) -> Layout:
    """The layout of a folder without splits."""
    classes, empty = _classes(root)
    if not classes and _holds_data_directly(root):
        raise DataError(
            f"{root} has no subfolders with images or sounds{_held(root)}; move each file into a "
            "subfolder named after its class, or give a .csv file of paths and labels"
            f"{_or_table(root)}"
        )
    if not classes:
        raise DataError(
            f"{root} has no subfolders with images or sounds{_held(root)}; --data needs a "
            f"folder with one subfolder per class, of files that end in {', '.join(SUFFIXES)}"
            f"{_or_table(root)}"
        )
    if len(classes) == 1 and (table := _tables(root)):
        raise DataError(
            f"{root} has one folder of images or sounds, {classes[0]}; for the labels of "
            f"{table[0]}, give that table as --data, out of an archive if it is in one"
        )
    _check_no_splits_within(root, classes)
    like = tuple(name for name in classes if named_part(name) is not None)
    if len(like) == len(classes):
        raise DataError(
            f"the folders of {root} are named like splits ({', '.join(like)}), but not one "
            "train, one validation and one test; rename them, or give a folder with a "
            "subfolder per class"
        )
    return Layout({"train": root}, classes, empty, like_splits=like)


def _tables(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.csv"))


def _or_table(folder: Path) -> str:
    """Ask, at the end of a message, for a table that lies in the folder."""
    tables = _tables(folder)
    return f"; or is {tables[0]} meant, a table of labels?" if tables else ""


def _unwrapped(folder: Path, classes: Sequence[str] = (), *, top: bool = False) -> Path:
    """Follow folders that hold nothing but one other folder of folders, none of the classes."""
    while not _holds_data_directly(folder):
        inside = [each for each in subfolders(folder) if _holds_data(each)]
        if len(inside) != 1 or inside[0].name in classes or _holds_data_directly(inside[0]):
            break
        if not any(map(_holds_data, subfolders(inside[0]))):
            break
        if top and named_part(inside[0].name) is not None:
            break
        folder = inside[0]
    return folder


def _parts(beside: list[Path]) -> tuple[dict[str, Path], list[Path]]:
    """Return the folders that are splits, by part, and the others; no parts where none are."""
    named = {folder: part for folder in beside if (part := named_part(folder.name)) is not None}
    others = [folder for folder in beside if folder not in named]
    parts = {part: folder for folder, (part, _) in named.items()}
    alike = len({rest for _, rest in named.values()}) == 1 and len(parts) == len(named)
    if not alike or (others and not _share_classes(parts)):
        return {}, []
    return parts, others


def _share_classes(parts: dict[str, Path]) -> bool:
    """Tell whether the folder named train and another have subfolders of the same names."""
    names = {part: {each.name for each in subfolders(folder)} for part, folder in parts.items()}
    train = names.pop("train", set())
    return any(train & of_part for of_part in names.values())


def _classes(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the subfolders that hold data, and of those that hold none."""
    inside = subfolders(folder)
    held = [each.name for each in inside if _holds_data(each)]
    return tuple(held), tuple(each.name for each in inside if each.name not in held)


def _check_no_splits_within(root: Path, classes: Sequence[str]) -> None:
    """Raise `DataError` where every class holds splits of its own."""
    for name in classes:
        inside = [each for each in subfolders(root / name) if _holds_data(each)]
        parts = {part[0] for each in inside if (part := named_part(each.name)) is not None}
        if _holds_data_directly(root / name) or len(parts) < len(inside) or "train" not in parts:
            return
    raise DataError(
        f"each folder of {root} has its own splits, such as {root / classes[0]}; put the splits "
        f"above the classes, such as {root / 'train' / classes[0]}"
    )


def _held(folder: Path) -> str:
    """Say which other files a folder holds, by the most frequent suffixes."""
    counts = Counter(file.suffix.lower() or "without suffix" for file in walk(folder))
    listed = ", ".join(f"{count} {suffix}" for suffix, count in counts.most_common(5))
    return f" (of files, it holds {listed})" if listed else ""


def _holds_data(folder: Path) -> bool:
    return any(file.suffix.lower() in SUFFIXES for file in walk(folder))


def _holds_data_directly(folder: Path) -> bool:
    return any(
        item.suffix.lower() in SUFFIXES and not is_hidden(item.name) and item.is_file()
        for item in folder.iterdir()
    )
