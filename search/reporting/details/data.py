"""The data, and their classes."""

from __future__ import annotations

from search.analysis.classes import class_sizes
from search.reporting import words
from search.reporting.data import account
from search.reporting.findings import Findings
from search.reporting.section import Section


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
        words.class_extremes(f"Training {results.things}", train),
        words.class_extremes(f"Validation {results.things}", validation),
        words.class_weights(results, validation),
    )
    return Section("The classes", " ".join(text))
