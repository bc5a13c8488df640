"""The page beside a saved model: how it was trained, and what it gets wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from model_space.pictures import Picture
from search.analysis.recipe_tests import RecipeTests
from search.final.recipe import Task
from search.reporting.details.pictures import wrong_images_of
from search.reporting.details.recipe_tests import by_class_of, test_figures
from search.reporting.html import page
from search.reporting.section import Section
from search.reporting.sentences.budget import describe_budget

_CURVES = "learning"
_WHOSE = "the saved network"


@dataclass(frozen=True)
class ModelTests:
    """The tests of the saved network, where its mistakes could be kept, and pictures of these."""

    tested: RecipeTests | None
    pictures: Mapping[int, Picture]
    """By row among the test images; empty where none may be shown."""


def model_page(task: Task, answer: str, curves: go.Figure, tests: ModelTests, seeds: int) -> str:
    """Render the page; `answer` says what was trained and how well it does on test images."""
    results = replace(task.results, settings=task.settings)
    things = results.things
    parts = [Section("The model", answer)]
    figures = {_CURVES: curves}
    if tests.tested is not None:
        parts.append(by_class_of(tests.tested, things, _WHOSE))
        wrong = wrong_images_of(tests.tested, tests.pictures, things, _WHOSE)
        parts += [wrong] if wrong else []
        figures |= test_figures(tests.tested, things, describe_budget(results))
    text = (
        f"Of each epoch, on training {things} that are neither augmented nor mixed. How far a line "
        f"ends above the result on the test {things} shows how much was learned by heart."
    )
    several = f" A line is a seed; the first of {seeds} is saved." if seeds > 1 else ""
    parts.append(Section("Learning curves", text + several, _CURVES))
    return page(results, parts, figures)
