"""`kouka train`: a model of a study's recommended recipe."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from search.cli.errors import interruptible, user_errors
from search.cli.options.data import resolved
from search.cli.options.here import (
    DataHereOption,
    NetworkHereOption,
    TechniqueHereOption,
    WeightsHereOption,
)
from search.cli.options.output import NoImagesOption, folder_of
from search.cli.options.runs import AtMostOption, EpochsOption, RecipeOption, limits
from search.cli.options.storage import DEFAULT_STORAGE, ReadStorageOption, StudyArgument
from search.cli.options.techniques import custom_code
from search.cli.options.workers import CheckpointsOption, default_checkpoints

if TYPE_CHECKING:
    from rich.console import Console

    from search.final.training import Trained


def train(
    name: StudyArgument,
    recipe: RecipeOption = None,
    at_most: AtMostOption = None,
    seeds: Annotated[
        int, typer.Option(metavar="COUNT", help="Runs to train, each with a seed of its own.")
    ] = 3,
    epochs: EpochsOption = None,
    data: DataHereOption = None,
    technique: TechniqueHereOption = None,
    network: NetworkHereOption = None,
    weights: WeightsHereOption = None,
    checkpoints: CheckpointsOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The folder to write.  [default: models/NAME]"),
    ] = None,
    no_images: NoImagesOption = False,
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Train and save the recommended recipe.

    Trains on the training and validation images together, and tests on the test images. The model
    saved is that of the first seed.
    """
    with user_errors():
        from search.cli.console import make_console, quiet_optuna
        from search.cli.final_progress import FinalProgress
        from search.final.recipe import TaskOptions
        from search.final.training import train_final

        quiet_optuna()
        console = make_console()
        folder = out or folder_of("models", name)
        kept = "no model was written; the same command resumes from the last checkpoint"
        with interruptible(kept), FinalProgress(console) as progress:
            options = TaskOptions(
                recipe, epochs, resolved(data), custom_code(technique, network, weights),
                limits(at_most),
            )  # fmt: skip
            trained = train_final(
                storage, name, folder, progress, options, seeds=seeds,
                checkpoints=checkpoints or default_checkpoints(),
                pictures=False if no_images else None,
            )  # fmt: skip
        _print_trained(trained, folder, console)


def _print_trained(trained: Trained, folder: Path, console: Console) -> None:
    from model_space.saved.model_card import MODEL
    from search.final.model_folder import CURVES, PAGE
    from search.objective import ACCURACY
    from search.reporting import formatting
    from search.reporting.sentences.fresh_seeds import over_seeds

    objective = trained.objective
    console.print(
        f"Test {objective.measure} {formatting.mean(trained.test_objective, objective)}"
        f"{over_seeds(len(trained.card.seeds))}, on {trained.tested_on}."
    )
    if objective != ACCURACY:
        console.print(f"Test accuracy {formatting.percent(trained.test)}.")
    console.print(f"Trained on {trained.images}: {trained.budget}.")
    console.print(
        f"Model: {folder / MODEL} (the network of the first seed, {trained.card.saved_seed})",
        soft_wrap=True,
    )
    console.print(f"Learning curves: {folder / CURVES}", soft_wrap=True)
    console.print(f"What it gets wrong: {folder / PAGE}", soft_wrap=True)
    console.print(f"Use it: kouka predict {quote(str(folder))} FILE…", soft_wrap=True)
