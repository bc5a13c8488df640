"""What was on beside a technique where its effect was measured, if no average could be.

A person who adds techniques to a baseline one at a time, takes each from all of them, or adds one
after another, tries just as many recipes as effects and a constant need. Every function of these
recipes is a sum over the techniques, so an interaction is part of the effects, and no run tells how
large it is.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np

from search.analysis.least_squares import rank
from search.analysis.model import Model

Context = Literal["off", "on", "some"]
"""Of all other techniques: off, or on, beside each technique, or some of them on."""


def context_of(model: Model) -> Context | None:
    """Tell beside what the effects are; None where they are averages, or there is one parameter.

    Effects are of one context where the runs have no more recipes than these need.
    """
    recipes = _recipes(model)
    parameters = len(model.techniques) + len(model.covariates.categories)
    if parameters < 2 or not are_few(recipes):
        return None
    if all(len(one) < 2 for one in recipes):
        return "off"
    every = frozenset(model.techniques)
    return "on" if all(len(every - one) < 2 and one <= every for one in recipes) else "some"


def are_few(recipes: Collection[frozenset[str]]) -> bool:
    """Tell whether recipes, by what is on in them, are no more than a sum over that needs."""
    names = sorted(frozenset[str]().union(*recipes))
    rows = np.array([[1.0, *(name in recipe for name in names)] for recipe in recipes])
    return len(recipes) <= rank(rows)


def ran(model: Model, names: Collection[str]) -> bool:
    """Tell whether a recipe ran, of these techniques and levels alone."""
    return frozenset(names) in _recipes(model)


def _recipes(model: Model) -> set[frozenset[str]]:
    """The techniques that are on, with the levels that are not the first, of each recipe."""
    # Levels of parameters that every run was asked for are the first covariates.
    levels = [one.name for one in model.levels if one.parameter in model.covariates.categories]
    first = 1 + len(model.techniques) + len(model.groups) * model.pairs
    at = model.columns[:, first : first + len(levels)]
    names = np.array([*model.techniques, *levels], dtype=object)
    rows = np.unique(np.column_stack([model.signs, at]) > 0, axis=0)
    return {frozenset(names[row]) for row in rows}
