"""Merging of several folders into one data set: class by class, and split by split."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

import numpy as np

from model_space.data.class_names import look_alikes
from model_space.data.file_set import FileSet, in_order
from model_space.data.reading import AS_IT_IS, Reading
from model_space.data.source import DataError, Part

HELD_OUT_FIRST = ("test", "validation", "train")
"""Parts in the order in which one that has a file keeps it."""


def merged(at: str, sets: Sequence[FileSet]) -> FileSet:
    """Merge sets of files. Raises `DataError` where a class is never trained on, and `OSError`.

    What one set has in `test` stays there, and so on; a set without splits is trained on. A file
    that an earlier set has in the same class, byte for byte, is left out.
    """
    trained = {name for one in sets for name in _present(one, "train")}
    classes = tuple(sorted(trained))  # as in each of the folders
    number = {name: label for label, name in enumerate(classes)}
    for one in sets:
        for part in one.parts:
            if unknown := in_order(_present(one, part) - trained):
                raise DataError(
                    f"the {part} split of {one.at} has classes that no folder has to train on: "
                    f"{unknown}{look_alikes(unknown, classes)}; remove them, or add some"
                )
    numbered = [
        {
            part: (files, np.array([number[one.classes[label]] for label in labels], np.int64))
            for part, (files, labels) in one.parts.items()
        }
        for one in sets
    ]
    parts = without_copies(numbered)
    if "train" not in parts:
        raise DataError(
            f"all images to train on of {at} are also held out to validate with or to test on; "
            "give others"
        )
    return FileSet(at, classes, parts, _account(sets, parts, trained))


def _account(
    sets: Sequence[FileSet], parts: Mapping[str, Part], trained: Collection[str]
) -> Reading:
    """Sum the accounts of all sets, with the copies that were left out of the merged `parts`."""
    before = Counter({one.at: _size(one.parts) for one in sets})
    return replace(
        AS_IT_IS,
        splits=_splits(sets),
        left_out=dict(sum((Counter(one.account.left_out) for one in sets), Counter[str]())),
        hidden=sum(one.account.hidden for one in sets),
        outside=sum(one.account.outside for one in sets),
        unlabelled=tuple(name for one in sets for name in one.account.unlabelled),
        empty_classes=tuple(
            name for one in sets for name in one.account.empty_classes if name not in trained
        ),
        like_splits=tuple(dict.fromkeys(n for one in sets for n in one.account.like_splits)),
        nested={name: count for one in sets for name, count in one.account.nested.items()},
        merged=dict(before),
        copies=before.total() - _size(parts),
    )


def without_copies(places: Sequence[Mapping[str, Part]]) -> dict[str, Part]:
    """Join the files and labels of several places by part, each file of a class once.

    Copies are files of the same bytes in different places. One that is tested on is kept rather
    than one to validate with, and that rather than one to train on; else the first.
    """
    sizes = Counter[int]()
    for place in places:
        sizes.update({os.path.getsize(file) for files, _ in place.values() for file in files})
    first: dict[tuple[bytes, int], int] = {}
    joined: dict[str, Part] = {}
    for part in HELD_OUT_FIRST:
        kept = []
        for number, place in enumerate(places):
            for file, label in zip(*place.get(part, ((), ())), strict=True):
                if sizes[os.path.getsize(file)] > 1:
                    with open(file, "rb") as content:
                        digest = blake2b(content.read()).digest()
                    if first.setdefault((digest, int(label)), number) != number:
                        continue
                kept.append((file, label))
        if kept:
            files, labels = zip(*kept, strict=True)
            joined[part] = np.array(files, dtype=object), np.array(labels, np.int64)
    return joined


def _present(one: FileSet, part: str) -> set[str]:
    labels = one.parts[part][1] if part in one.parts else ()
    return {one.classes[number] for number in np.unique(labels)}


def _size(parts: Mapping[str, Part]) -> int:
    return sum(len(labels) for _, labels in parts.values())


def _splits(sets: Sequence[FileSet]) -> dict[str, str]:
    """Return the folders of the parts, of all sets together; none where no set has splits."""
    if not any(one.account.splits for one in sets):
        return {}
    places: dict[str, list[str]] = {}
    for one in sets:
        for part in one.parts:
            inside = one.account.splits.get(part)
            name = os.path.basename(one.at)
            places.setdefault(part, []).append(f"{name}/{inside}" if inside else name)
    return {part: " and ".join(of_part) for part, of_part in places.items()}
