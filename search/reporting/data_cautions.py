"""Cautions on a study's data: their layout, their classes, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from model_space.data.arrays import NARROW
from model_space.data.checks import Checks
from model_space.data.class_names import LOOKS, without_looks
from model_space.data.reading import AS_IT_IS, Reading
from model_space.facts import DataFacts
from search.analysis.classes import class_counts, class_sizes
from search.analysis.proportions import FEW, equal_weight_images, half_width
from search.objective import ACCURACY
from search.reporting.data import MOST_NAMES, PARTS, some
from search.reporting.formatting import counted, listed, listed_first, one_line, quoted, score
from search.results import Results
from search.settings import Settings

_STEPS = 4
"""Those of an epoch, at the least, with the batch that is advised where a larger has but one."""
_LARGE = 256 * 256
"""Pixels of an image above which training is slow for what it gains."""
_NO_LABEL = ("", "nan", "<na>", "n/a", "null")
"""What tables have in place of a label that is missing, in lower case."""
_BETWEEN_LABELS = re.compile(r"[\s,;|+&/()\[\]{}'\"]+")
_LEAST_SPREAD = 0.01
_FEW_FAINT = 0.01
"""The share of images of which nobody cares that they are dark or pale."""


def data_cautions(results: Results, accuracy: float | None = None) -> list[str]:
    """Say what looks wrong with the data; `accuracy`, a fraction, is what runs reach on them."""
    data = results.data
    if data is None:
        return []
    sentences = [*_layout(data.reading)] if data.reading else []
    sentences += _class_names(data.classes)
    sentences += _checks(data, data.checks) if data.checks else []
    height, width, _ = data.image_shape
    size = results.settings.image_size if results.settings else None
    if data.sound is None and size is None and height * width > _LARGE:
        sentences.append(
            f"The images are {height}×{width} pixels, which takes much time and memory to train "
            "on. A new study with --image-size 64 or 128 is far faster."
        )
    sentences += [*_one_step(results, data), *_validation_unused(results, data)]
    if results.objective.share:
        sentences += _few_images(results, data, 0.8 if accuracy is None else accuracy)
    return [*sentences, *_unequal_classes(results)]


def _one_step(results: Results, data: DataFacts) -> list[str]:
    """Warn of batches that hold all training images."""
    settings = results.settings
    sizes = [] if settings is None else [*settings.batch_sizes] or [settings.batch_size]
    if not sizes or max(sizes) < data.train:
        return []
    fewer = 1 << max(0, (data.train // _STEPS).bit_length() - 1)
    return [
        f"A batch of {max(sizes):,} holds all {data.train:,} training {data.things}, so an epoch "
        "is a single step, and a run learns little. A new study with a smaller batch, such as "
        f"--batch-size {fewer}, makes more steps of the same epochs."
    ]


def _unequal_classes(results: Results) -> list[str]:
    """Warn of classes of unequal size where the objective weighs them by size."""
    objective, sizes = results.objective, class_sizes(results, "validation")
    if sizes is None or not sizes.unequal or objective.balanced:
        return []
    gives = (
        f": predicting {quoted(sizes.largest)} every time gives {100 * sizes.largest_share:.1f} %"
        if objective == ACCURACY
        else ""
    )
    return [
        f"Class {quoted(sizes.largest)} has {100 * sizes.largest_share:.1f} % of the validation "
        f"{results.things} and {quoted(sizes.smallest)} {100 * sizes.smallest_share:.1f} %, and "
        f"{objective.measure} weighs them by size{gives}. A new study with --objective "
        "balanced_accuracy weighs the classes equally."
    ]


def _layout(reading: Reading) -> list[str]:
    sentences = []
    if names := reading.like_splits:
        what = "is a class, though it is" if len(names) == 1 else "are classes, though they are"
        sentences.append(
            f"{listed(names)} {what} named like a split. Give --data a folder in which every "
            "folder is a split, if that is meant."
        )
    if reading.nested:
        name, count = next(iter(reading.nested.items()))
        sentences.append(
            f"{some(list(reading.nested))} hold{'s' * (len(reading.nested) == 1)} folders only "
            f"({one_line(name)}: {count}), and what is in them is one class. If these folders are "
            "the classes, give the folder above them as --data, or call those above them train, "
            "validation and test if they are splits."
        )
    return sentences


def _class_names(classes: Sequence[str]) -> list[str]:
    """Say which names of classes are hardly meant for classes of their own."""
    alike: dict[str, list[str]] = {}
    for name in classes:
        alike.setdefault(without_looks(name), []).append(name)
    groups = [
        listed([quoted(name) for name in names]) for names in alike.values() if len(names) > 1
    ]
    sentences = []
    if groups:
        others = f", and {len(groups) - MOST_NAMES} more," if len(groups) > MOST_NAMES else ""
        sentences.append(
            f"The classes {'; '.join(groups[:MOST_NAMES])}{others} differ {LOOKS}. If one class "
            "is meant, write its name in one way."
        )
    if several := _of_several(classes):
        names = listed_first([quoted(name) for name in several], MOST_NAMES)
        sentences.append(
            f"{names} {'are made' if len(several) > 1 else 'is made'} of the names of other "
            "classes, and each counts as a class of its own. If these images have several classes "
            "at once, kouka's networks cannot learn that: they give each image one."
        )
    if fraction := _fraction(classes):
        sentences.append(
            f"All classes are numbers, such as {one_line(fraction)}. kouka's networks tell them "
            "apart as names, and do not learn which are near each other: they do no regression."
        )
    if missing := [name for name in classes if name.strip().lower() in _NO_LABEL]:
        names = listed([quoted(name) for name in missing])
        sentences.append(
            f"{names} {'are classes' if len(missing) > 1 else 'is a class'}. Leave out what has "
            "it, if that stands for no label."
        )
    return sentences


def _fraction(classes: Sequence[str]) -> str | None:
    """Return a class that is no whole number, where all are numbers."""
    try:
        return next(
            (n for n, v in zip(classes, map(float, classes), strict=True) if v % 1 > 0), None
        )
    except ValueError:
        return None


def _of_several(classes: Sequence[str]) -> list[str]:
    """Return the names that list names of other classes, as multiple labels are written."""
    words = {name: {word for word in _BETWEEN_LABELS.split(name) if word} for name in classes}
    alone = {word for of_name in words.values() if len(of_name) == 1 for word in of_name}
    return [name for name, of_name in words.items() if len(of_name) > 1 and of_name <= alone]


def _checks(data: DataFacts, checks: Checks) -> list[str]:
    sentences = []
    if checks.spread == 0:
        sentences.append(f"All training {data.things} are the same, so nothing can be learned.")
    elif checks.spread < _LEAST_SPREAD:
        sentences.append(
            f"The training {data.things} are nearly the same: their values differ by "
            f"{100 * checks.spread:.2g} % of the range (standard deviation). Look at some of them."
        )
    total = data.train + data.validation + data.test
    if checks.uniform:
        what = "of a single colour" if data.sound is None else "silent"
        composed = data.reading is not None and data.reading.composed
        white = " Transparent ones are laid on white, where what is white vanishes."
        sentences.append(
            f"{checks.uniform:,} of {total:,} {data.things} are {what}.{white if composed else ''}"
        )
    if checks.faint > _FEW_FAINT * total:
        sentences.append(
            f"{checks.faint:,} of {total:,} {data.things} have values within a twentieth of the "
            "range, so hardly anything is to be seen in them. They may be scaled otherwise than "
            "the rest, or a few values far from the others may set the range. Look at some."
        )
    again = [
        f"{count:,} of {getattr(data, part):,} {PARTS[part]} {data.things}"
        for part, count in checks.repeated.items()
        if count
    ]
    if again:
        sentences.append(
            f"Also in an earlier split, bit for bit: {listed(again)}. An accuracy on "
            f"{data.things} that were trained on says little of others."
        )
    if checks.contradicting:
        several = checks.contradicting > 1
        files = [one_line(name) for name in checks.contradicting_files]
        such = f"{', such as' if several else ':'} {listed(files)}" if files else ""
        sentences.append(
            f"{counted(checks.contradicting, data.things.removesuffix('s'))} "
            f"{'occur' if several else 'occurs'} in more than one class{such}."
        )
    return [*sentences, *_other_ranges(data, checks)]


def _other_ranges(data: DataFacts, checks: Checks) -> list[str]:
    """Say which splits have values of another range than the training images."""
    reading = data.reading or AS_IT_IS
    ranges = reading.ranges or checks.ranges
    low, high = ranges.get("train", (0.0, 0.0))
    sentences = []
    for part, (least, most) in ranges.items():
        wider = max(most - high, low - least) > high - low
        # What is held out by chance may lack a few values that all the others do not come near.
        narrower = part in reading.splits and most - least < NARROW * (high - low)
        if wider or narrower:
            sentences.append(
                f"The {PARTS[part]} {data.things} have values from {score(least)} to "
                f"{score(most)}, and the training {data.things} from {score(low)} to "
                f"{score(high)}. Scale both alike."
            )
    return sentences


def _few_images(results: Results, data: DataFacts, accuracy: float) -> list[str]:
    """Warn of few validation images, or of few in a class where classes weigh the same."""
    sizes = class_sizes(results, "validation") if results.objective.balanced else None
    images: float = data.validation
    smallest, measure = "", "an accuracy"
    if sizes is not None and sizes.images:
        counts = [count for _, count in class_counts(results, "validation")]
        images, measure = equal_weight_images(counts), f"a {results.objective.measure}"
        if sizes.unequal:
            smallest = f", {sizes.smallest_count:,} of them of class {quoted(sizes.smallest)},"
    if not 0 < images < FEW:
        return []
    points = 100 * half_width(accuracy, images)
    return [
        f"{counted(data.validation, 'validation ' + data.things.removesuffix('s'))}{smallest} "
        f"leave {measure} near {100 * accuracy:.0f} % uncertain by ±{points:.1f} points (95 %), "
        f"beside what seeds do. All recipes are judged on the same {data.things}, so their "
        f"differences are less uncertain, but hold for these. {_more_of_them(data.reading)}"
    ]


def _more_of_them(reading: Reading | None) -> str:
    """Say how a new study has more validation images."""
    if reading is None or "validation" not in reading.splits:
        return "More of them in a new study: --validation."
    return "Data with more of them need a new study."


def _validation_unused(results: Results, data: DataFacts) -> list[str]:
    """Warn of an option for a split that the data have."""
    settings = results.settings
    if settings is None or data.reading is None or settings.validation == Settings.validation:
        return []
    if (found := data.reading.splits.get("validation")) is None:
        return []
    return [
        f"--validation {settings.validation:g} changes nothing, because the validation "
        f"{data.things} are those of {one_line(found)}."
    ]
