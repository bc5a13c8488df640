"""Rows of the tables on the recommended recipe's tests by class."""

from __future__ import annotations

from typing import Any

import numpy as np

from search.analysis.recipe_tests import RecipeTests

CLASSES = ("class", "images", "accuracy", "low", "high", "taken_for", "taken_share", "runs")
CONFUSION = ("class", "named", "count", "runs")


def class_rows(tested: RecipeTests | None) -> tuple[dict[str, Any], ...]:
    """A row a class: its test images, its accuracy in percent, and what it is mistaken for."""
    return () if tested is None else tuple(
        {"class": one.name, "images": one.images, "accuracy": one.accuracy, "low": one.low,
         "high": one.high, "taken_for": one.taken_for, "taken_share": one.taken_share,
         "runs": tested.runs}
        for one in tested.by_class
    )  # fmt: skip


def confusion_rows(tested: RecipeTests | None) -> tuple[dict[str, Any], ...]:
    """A row for each class and what its test images were named, over all runs, if any were."""
    return () if tested is None else tuple(
        {"class": tested.classes[own], "named": tested.classes[named],
         "count": int(tested.confusion[own, named]), "runs": tested.runs}
        for own, named in np.argwhere(tested.confusion).tolist()
    )  # fmt: skip
