"""The recipe that a study ends in, with the settings to train it by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from shlex import quote
from typing import Any

from model_space.custom.code import CustomCode
from model_space.recipe import Recipe
from search.analysis.confirmation import Confirmed, confirmation
from search.analysis.recipe_names import with_dials
from search.analysis.recommendation import limited, recommend
from search.errors import InputError
from search.planning.checks import MOST, check_number, check_recipe
from search.planning.parsing import parse_recipe
from search.planning.rates import parse_training
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.reporting.sentences.budget import describe_budget
from search.reporting.sentences.limits import out_of_reach
from search.results import Results
from search.running.compatibility import check_there
from search.running.requirements import check_installed
from search.settings import Limits, Settings
from search.storage.reading import read
from search.storage.studies import load_study


@dataclass(frozen=True)
class TaskOptions:
    """The options of a study's task that override what the study says."""

    recipe: str | None = None
    """As `parse_recipe` reads it; by default the recommended one."""
    epochs: int | None = None
    """By default those of the runs that decide."""
    data: str | None = None
    """Where this machine has the study's data, if not where it was launched."""
    custom_code: CustomCode = field(default_factory=CustomCode)
    """Where it has the user's own code, likewise."""
    at_most: Limits | None = None
    """Other limits of the recommended recipe."""


@dataclass(frozen=True)
class Task:
    """A recipe of a study, to be trained or written as a script."""

    results: Results
    settings: Settings
    """Those of the study, but for the epochs where others are asked for; none of them judges it."""
    recipe: Recipe

    @property
    def in_words(self) -> str:
        """The recipe's techniques with their dials, and what it changes in the steps."""
        launched = self.results.launched_with()
        parts = [with_dials(self.recipe.items()) or "none"]
        if self.settings.learning_rate != launched.learning_rate or launched.learning_rates:
            parts.append(f"learning rate {self.settings.learning_rate:.4g}")
        if self.settings.batch_size != launched.batch_size or launched.batch_sizes:
            parts.append(f"batch size {self.settings.batch_size}")
        return ", ".join(parts)

    @property
    def budget(self) -> str:
        """The data, the epochs, and the size of the network, in words."""
        return describe_budget(replace(self.results, settings=self.settings))


def find_task(url: str, name: str, options: TaskOptions) -> Task:
    """Find a study's recommended recipe, or read the one that the options name.

    Raises `InputError` where there is no such study or recipe, or none within the limits, or where
    this machine lacks the backend or the data.
    """
    check_number("--epochs", options.epochs, 1, MOST)
    results = limited(read(load_study(url, name)), options.at_most)
    launched = results.launched_with()
    if launched.program is not None:
        raise InputError(
            f"the runs of {name!r} are those of a program, which kouka cannot train itself; "
            f"kouka logs {quote(name)} shows the command of the recommended recipe"
        )
    settings = settle(launched, Requested(custom_code=options.custom_code))
    if options.recipe is None:
        params = recommended_params(results)
        chosen, with_it = _recipe(results, params), settings.trained_with(params)
    else:
        text, with_it = parse_training(options.recipe)
        chosen = parse_recipe(text, settings.known)
        check_recipe(chosen, settings)
    check_installed(settings.backend)
    if options.data is None:
        check_there(name, settings.data)
    settings = replace(
        settings, data=options.data or settings.data,
        epochs=options.epochs or settings.final_epochs, verify_epochs=None,
        last_epochs=1, learning_rates=(), batch_sizes=(), searched_rates=(), **with_it,
    )  # fmt: skip
    return Task(results, settings, chosen)


def recommended_params(results: Results) -> Mapping[str, Any]:
    """Return the recommended recipe as a trial's parameters.

    Raises `InputError` where no run has finished, or where no recipe is within the limits.
    """
    found = recommend(results)
    if found is None:
        raise InputError(
            f"the study {results.name!r} has no finished run by which to choose a recipe; "
            f"kouka launch {quote(results.name)} resumes it, or --recipe names one"
        )
    if not found.within:
        raise InputError(f"{out_of_reach(results, found)}; allow that, or name a --recipe")
    return found.params


def _recipe(results: Results, params: Mapping[str, Any]) -> Recipe:
    return Space.of(results.launched_with()).recipe(params)


def confirmed(task: Task) -> Confirmed | None:
    """The result of the `confirm` runs of a task's recipe; None where it has none."""
    results, settings = task.results, task.results.launched_with()
    return next(
        (
            row
            for row in confirmation(results, recommend(results))
            if _recipe(results, row.params) == task.recipe
            and all(
                getattr(settings.budget(params=row.params), name) == getattr(task.settings, name)
                for name in ("learning_rate", "batch_size")
            )
        ),
        None,
    )
