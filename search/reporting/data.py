"""Sentences about a study's data: the classes, where they are from, and how they were read."""

from __future__ import annotations

from collections.abc import Sequence

from model_space.data.reading import Reading
from model_space.facts import DataFacts
from search.reporting.formatting import counted, listed, listed_first, one_line, score

_MOST_CLASSES = 12
"""Classes, at most, whose images are all given."""
MOST_NAMES = 6
PARTS = {"train": "training", "validation": "validation", "test": "test"}


def account(data: DataFacts) -> list[str]:
    """Say which classes there are, and what was left out of the data and changed."""
    lines = [_classes(data)]
    if (reading := data.reading) is not None:
        lines += [*_table(reading), *_merged(data, reading), *_parts(data, reading)]
        lines += [*_left_out(data, reading), *_changes(data, reading)]
    return lines


def _table(reading: Reading) -> list[str]:
    """Say which columns of a table were taken."""
    if not reading.columns:
        return []
    taken = ", ".join(f"{what} is {column}" for what, column in reading.columns.items())
    others = [f"not used: {some(reading.columns_unused)}"] if reading.columns_unused else []
    others += [f"files from {reading.beside}"] if reading.beside else []
    others += [f"text read as {reading.encoding}"] if reading.encoding else []
    return [f"Columns: {'; '.join([taken, *others])}. --columns names others."]


def _merged(data: DataFacts, reading: Reading) -> list[str]:
    """Say which folders were merged."""
    if not reading.merged:
        return []
    each = listed([f"{count:,} from {place}" for place, count in reading.merged.items()])
    again = ""
    if reading.copies:
        one = data.things.removesuffix("s")
        again = (
            f"; {counted(reading.copies, one)} of them "
            f"{'are' if reading.copies > 1 else 'is'} in an earlier folder too, or held out by "
            "another, and not taken again"
        )
    return [f"Merged: {data.things} of the same class, {each}{again}."]


def _classes(data: DataFacts) -> str:
    counts = [] if data.class_counts is None else list(data.class_counts["train"])
    kind = f"{len(data.classes)} classes"
    values = ""
    if data.checks is not None and "train" in data.checks.ranges:
        low, high = data.checks.ranges["train"]
        values = f"; values from {score(low)} to {score(high)}"
    if not counts:
        return f"{kind}{values}."
    if len(counts) <= _MOST_CLASSES:
        each = ", ".join(
            f"{one_line(n)} ({c:,})" for n, c in zip(data.classes, counts, strict=True)
        )
        return f"{kind} of training {data.things}: {each}{values}."
    most, fewest = (counts.index(pick(counts)) for pick in (max, min))
    each = f"{counts[most]:,} training {data.things} each"
    if counts[fewest] < counts[most]:
        least, greatest = (
            f"{counts[at]:,} ({one_line(data.classes[at])})" for at in (fewest, most)
        )
        each = f"{least} to {greatest} training {data.things}"
    return f"{kind} ({some(data.classes)}), of {each}{values}."


def _parts(data: DataFacts, reading: Reading) -> list[str]:
    sentences = []
    found = [f"{PARTS[part]} {data.things} from {at}" for part, at in reading.splits.items()]
    if found:
        cut = [PARTS[part] for part in PARTS if part not in reading.splits]
        others = ""
        if cut:
            others = f"; {listed(cut)} {data.things} are held out of the training {data.things}"
        sentences.append(f"Splits: {', '.join(found)}{others}.")
    for part, counts in (data.class_counts or {}).items():
        lacking = [n for n, c in zip(data.classes, counts, strict=True) if not c]
        if lacking:
            sentences.append(f"Without {PARTS[part]} {data.things}: {some(lacking)}.")
    return sentences


def _left_out(data: DataFacts, reading: Reading) -> list[str]:
    one = data.things.removesuffix("s")
    files = sorted(reading.left_out.items(), key=lambda each: -each[1])
    parts = [f"{count:,} {suffix or 'without suffix'}" for suffix, count in files[:MOST_NAMES]]
    if len(files) > MOST_NAMES:
        parts.append(f"{sum(count for _, count in files[MOST_NAMES:]):,} other files")
    if reading.hidden:
        parts.append(counted(reading.hidden, f"hidden {one}"))
    if reading.outside:
        where = f" (those of {listed(reading.unlabelled)})" if reading.unlabelled else ""
        parts.append(f"{counted(reading.outside, one)} in no class{where}")
    if reading.empty_classes:
        parts.append(f"folders without {data.things} ({some(reading.empty_classes)})")
    if reading.unlabelled_rows:
        parts.append(f"{counted(reading.unlabelled_rows, 'row')} without {one} or label")
    if reading.repeated_rows:
        parts.append(f"{counted(reading.repeated_rows, 'row')} that another row says as well")
    if reading.splits_left_out:
        parts += [f"{counted(count, 'row')} of the split {name}"
                  for name, count in reading.splits_left_out.items()]  # fmt: skip
    if reading.arrays_left_out:
        parts.append(f"the arrays {some(reading.arrays_left_out)}")
    return [f"Left out: {', '.join(parts)}."] if parts else []


def _changes(data: DataFacts, reading: Reading) -> list[str]:
    height, width, _ = data.image_shape
    changes = [
        (reading.resized, f"resized to {height}×{width}"),
        (reading.turned, "turned upright by EXIF"),
        (reading.composed, "laid on white, as they are transparent"),
        (reading.made_grey, "made grey, as the training images are"),
        (reading.made_colour, "grey and made RGB, as others are in colour"),
        (reading.first_frames, "of several frames, of which the first is taken"),
        (reading.eight_bits, "of 16 bits a colour, of which the upper 8 are read"),
        (reading.cut, "cut at the end"),
        (reading.resampled, "resampled"),
    ]
    parts = [f"{count:,} {what}" for count, what in changes if count]
    if reading.levels is not None:
        low, high = reading.levels
        scaled = f"values of {score(low)} to {score(high)} scaled to the whole range"
        total = data.train + data.validation + data.test
        some_alone = 0 < reading.wide < total
        parts.append(f"{reading.wide:,} of more than 8 bits, {scaled}" if some_alone else scaled)
    if reading.stretched is not None:
        low, high = reading.stretched
        parts.append(f"bytes of {low} to {high} scaled to 0 to 255")
    return [f"Changed: {'; '.join(parts)}."] if parts else []


def some(names: Sequence[str]) -> str:
    """Name some of many."""
    return listed_first([one_line(name) for name in names], MOST_NAMES)
