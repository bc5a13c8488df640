"""Splits into training, validation and test images: disjoint, stratified and seeded."""

from __future__ import annotations

import numpy as np

from model_space.data.source import DataError, Part, Source
from model_space.data.spec import DataSpec

_NAMED = 5
"""Classes that are named, of those that have too few images."""
TEST_SHARE = 0.2
"""Share of each class held out for testing where a data set has no test images."""


def split(source: Source, spec: DataSpec) -> tuple[Part, Part, Part]:
    """Return the training, validation and test entries, stratified by class.

    Parts that the source has stay as they are. Raises `DataError`.
    """
    validation, train_size, exact = spec.validation, spec.train_size, spec.reader > 2
    if len(source.classes) < 2:
        raise DataError(
            f"the data have one class, {source.classes[0]!r}, and a classifier needs two or more; "
            "--data takes a folder with a subfolder for each class, or a list with their labels"
        )
    missing = 1 + (source.validation is None) + (source.test is None)
    counts = np.bincount(source.train[1], minlength=len(source.classes))
    scarce = np.flatnonzero(counts < missing)
    if len(scarce):
        raise _too_few(source, counts, scarce, missing)
    random = np.random.default_rng(spec.seed)
    train, test = source.train, source.test
    if test is None:
        count = round(TEST_SHARE * len(train[1]))
        test, train = take(train, count, random, missing - 1, exact=exact)
    held = source.validation
    if held is None:
        count = round(validation * len(train[1])) if validation < 1 else int(validation)
        if count >= len(train[1]):
            raise DataError(
                f"--validation {validation:g} leaves none of the {len(train[1])} training "
                f"{source.thing}s to train on; give a smaller number or a share below 1"
            )
        held, train = take(train, count, random, 1, exact=exact)
    if train_size is not None:
        if not len(source.classes) <= train_size <= len(train[1]):
            raise DataError(
                f"--train-size {train_size} does not fit; it takes {len(source.classes)} (one for "
                f"each class) to {len(train[1])} (the {source.thing}s left to train on)"
            )
        train, _ = take(train, train_size, random, 0, exact=exact)
    return train, held, test


def _too_few(source: Source, counts: np.ndarray, scarce: np.ndarray, least: int) -> DataError:
    """Return the error of classes that have less than `least` entries to train on."""
    some = ", ".join(f"{source.classes[label]!r} {counts[label]}" for label in scarce[:_NAMED])
    more = f" and {len(scarce) - _NAMED:,} more" if len(scarce) > _NAMED else ""
    held_out = " to train on some and hold others out" if least > 1 else ""
    no_classes = ""
    if more and 2 * len(scarce) > len(counts):
        no_classes = "; are these labels names or measurements rather than classes?"
    return DataError(
        f"{len(scarce):,} of {len(counts):,} classes {'has' if len(scarce) == 1 else 'have'} too "
        f"few training {source.thing}s: {some}{more}; each needs {least} or more{held_out}, so add "
        f"some or remove the class{no_classes}"
    )


def take(
    part: Part, count: int, random: np.random.Generator, keep: int, *, exact: bool
) -> tuple[Part, Part]:
    """Draw `count` entries in proportion to the classes, at least one of each class.

    At least `keep` of each class remain. Where it is not `exact`, the one of each class too small
    for it comes on top. Returns what was drawn and what remains.
    """
    entries, labels = part
    sizes = np.bincount(labels)
    present = sizes > 0
    share = sizes * (count / len(labels))
    numbers = np.clip(np.floor(share).astype(int), present.astype(int), sizes - keep * present)
    while exact and numbers.sum() > count and np.any(numbers > present):
        numbers[np.argmax(np.where(numbers > present, numbers / np.maximum(share, 1e-9), 0))] -= 1
    room = sizes - keep * present - numbers
    for label in np.argsort(numbers - share, kind="stable"):
        if numbers.sum() >= count:
            break
        numbers[label] += min(1, room[label])
    drawn = np.zeros(len(labels), dtype=bool)
    for label in np.flatnonzero(present):
        rows = np.flatnonzero(labels == label)
        drawn[random.permutation(rows)[: numbers[label]]] = True
    return (entries[drawn], labels[drawn]), (entries[~drawn], labels[~drawn])
