"""The recipe of a study that something is to be made of."""

from __future__ import annotations

from optuna.trial import FixedTrial

from model_space.recipe import Recipe
from search.analysis.confirmation import Mean, mean, with_dials
from search.errors import InputError
from search.planning.space import Space
from search.results import Results
from search.settings import Settings


def launched(results: Results) -> Results:
    """The results; raises `InputError` for a study of another program."""
    if not results.settings:
        raise InputError(
            f"the study {results.name!r} was not launched by kouka, which cannot tell what its "
            "runs trained; this takes a study of kouka launch"
        )
    return results


def best(results: Results) -> Recipe:
    """What `confirm` takes for the best recipe; raises `InputError` where there is none yet."""
    space = Space.of(Settings.from_json(launched(results).settings))
    if results.best is None:
        raise InputError(
            f"the study {results.name!r} has no finished run by which to choose a recipe; "
            f"kouka launch {results.name} goes on with it, or --recipe names one"
        )
    return space.suggest(FixedTrial(dict(results.best.params)))


def confirmed(results: Results, choice: Recipe) -> tuple[Mean, int] | None:
    """The test accuracy, in percent, of that recipe's `confirm` runs, and how many these are."""
    space = Space.of(Settings.from_json(launched(results).settings))
    accuracies = [
        100 * run.test_accuracy
        for run in results.of("confirm")
        if run.test_accuracy is not None and space.suggest(FixedTrial(dict(run.params))) == choice
    ]
    return (mean(accuracies), len(accuracies)) if accuracies else None


def in_words(choice: Recipe) -> str:
    """A recipe's techniques, with their dials."""
    return with_dials(choice.items()) or "none"
