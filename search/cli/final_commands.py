"""The commands that make a model of what a study found, and use it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.cli.options import (
    DEFAULT_STORAGE,
    CheckpointsOption,
    DataOption,
    NetworkOption,
    StorageOption,
    TechniqueOption,
    brought,
    default_checkpoints,
    folder_of,
    interruptible,
    quiet_optuna,
    told,
)

_GOES_ON = "no model was written; the same command goes on from the last checkpoint"


def train(
    name: Annotated[str, typer.Argument(help="The study.")],
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Techniques to train with: batch_norm,mixup=0.3, NAME.DIAL=VALUE for one dial of "
            "several, or none. [the study's best recipe]"
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="How often to train, each with another seed.")] = 3,
    epochs: Annotated[int | None, typer.Option(help="Epochs of a run. [the study's]")] = None,
    data: DataOption = None,
    technique: TechniqueOption = None,
    network: NetworkOption = None,
    checkpoints: CheckpointsOption = None,
    out: Annotated[Path | None, typer.Option(help="The folder to write. [models/NAME]")] = None,
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """Train a study's best recipe on all images but the test images, and save the model."""
    with told():
        from rich.console import Console

        from model_space.saved.model_card import MODEL
        from search.cli.final_progress import FinalProgress
        from search.final.training import CURVES, train_final
        from search.planning.parsing import resolve_data
        from search.planning.settle import Requested
        from search.reporting import words
        from search.results import ACCURACY

        quiet_optuna()
        console = Console(highlight=False)
        folder = out or folder_of("models", name)
        with interruptible(_GOES_ON), FinalProgress(console) as progress:
            trained = train_final(
                storage, name, folder, progress, recipe=recipe, seeds=seeds, epochs=epochs,
                data=None if data is None else resolve_data(data),
                brought=Requested(custom_code=brought(technique, network)),
                checkpoints=checkpoints or default_checkpoints(),
            )  # fmt: skip
        runs, tested = len(trained.card.seeds), trained.card.images["test"]
        judged = trained.objective
        console.print(
            f"Test {judged.measure} {words.mean(trained.test_objective, judged)}"
            f"{words.over_seeds(runs)}, on {tested:,} test {trained.things} that no run was "
            "trained on."
        )
        if judged is not ACCURACY:
            console.print(f"Test accuracy {words.percent(trained.test)}.")
        console.print(f"Trained on {trained.images}: {trained.budget}.")
        console.print(
            f"Model: {folder / MODEL}, the network of seed {trained.card.saved_seed}, the first",
            soft_wrap=True,
        )
        console.print(f"Learning curves: {folder / CURVES}", soft_wrap=True)
        console.print(f"Use it: kouka predict {folder} IMAGE…", soft_wrap=True)


def code(
    name: Annotated[str, typer.Argument(help="The study.")],
    recipe: Annotated[
        str | None,
        typer.Option(help="Another recipe, written as for kouka train. [the study's best recipe]"),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs to train. [the study's]")] = None,
    data: DataOption = None,
    technique: TechniqueOption = None,
    network: NetworkOption = None,
    out: Annotated[Path | None, typer.Option(help="The file to write. [models/NAME.py]")] = None,
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """Write a study's best recipe as a Keras script that stands alone."""
    with told("no script was written"):
        from rich.console import Console

        from search.final.script import write_code
        from search.planning.parsing import resolve_data
        from search.planning.settle import Requested

        quiet_optuna()
        console = Console(highlight=False)
        folder = folder_of("models", name)
        file = out or folder.with_name(f"{folder.name}.py")
        with interruptible("no script was written"):
            written = write_code(
                storage, name, file, recipe=recipe, epochs=epochs,
                data=None if data is None else resolve_data(data),
                brought=Requested(custom_code=brought(technique, network)),
            )  # fmt: skip
        console.print(f"Techniques on: {written.recipe}.")
        console.print(f"Trains on: {written.budget}.")
        console.print(f"Script: {file}", soft_wrap=True)
        console.print(f"Run it: python {file}", soft_wrap=True)


def predict(
    model: Annotated[Path, typer.Argument(help="What kouka train wrote: models/NAME.")],
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Files to name the class of.")
    ],
    top: Annotated[int, typer.Option(help="So many classes of each, the likeliest first.")] = 3,
) -> None:
    """Name the class of images, or of sounds, with its probability."""
    with told("mend that, or train the model again"):
        from rich.console import Console

        from model_space.saved.predictor import predict
        from search.cli.tables import predictions_table
        from search.errors import InputError

        if top < 1:
            raise InputError(f"--top {top} is too small; it takes 1 or more")
        with interruptible("nothing was changed"):
            classes, probabilities = predict(model, images)
        Console(highlight=False).print(predictions_table(images, classes, probabilities, top))
