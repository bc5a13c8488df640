"""The data, and their classes."""

from __future__ import annotations

from search.analysis.classes import ClassSizes, class_sizes
from search.objective import ACCURACY
from search.reporting.data import account
from search.reporting.findings import Findings
from search.reporting.formatting import capitalized, quoted
from search.reporting.section import Section
from search.results import Results


def data(findings: Findings) -> Section | None:
    """Say how the data were read."""
    data = findings.results.data
    if data is None or data.reading is None:
        return None
    return Section("The data", " ".join(account(data)))


def classes(findings: Findings) -> Section | None:
    """Describe classes of unequal size."""
    results = findings.results
    train, validation = class_sizes(results, "train"), class_sizes(results, "validation")
    if train is None or validation is None or not (train.unequal or validation.unequal):
        return None
    text = (
        class_extremes(f"Training {results.things}", train),
        class_extremes(f"Validation {results.things}", validation),
        class_weights(results, validation),
    )
    return Section("The classes", " ".join(text))


def class_extremes(part: str, sizes: ClassSizes) -> str:
    """Describe the largest and the smallest class; `part` names the images: "Training images"."""
    return (
        f"{part}: {sizes.images:,}, of which {sizes.largest_count:,} "
        f"({100 * sizes.largest_share:.1f} %) are of class {quoted(sizes.largest)} and "
        f"{sizes.smallest_count:,} ({100 * sizes.smallest_share:.1f} %) of "
        f"{quoted(sizes.smallest)}."
    )


def class_weights(results: Results, validation: ClassSizes) -> str:
    """Describe how the objective weighs classes of unequal size."""
    objective = results.objective
    name = capitalized(objective.measure)
    if objective.balanced:
        said = f"{name} is the mean over the classes, so each class weighs the same"
        if objective.share:
            said += f": predicting one class every time gives {100 / validation.present:.1f} %"
        return f"{said}."
    sentence = f"{name} is a mean over {results.things}, so a class weighs by its size"
    if objective == ACCURACY:
        share = 100 * validation.largest_share
        sentence += f": predicting {quoted(validation.largest)} every time gives {share:.1f} %"
    return f"{sentence}."
