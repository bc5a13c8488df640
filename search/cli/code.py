"""`kouka code`: a Keras script of a study's recommended recipe."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from search.cli.errors import interruptible, user_errors
from search.cli.options.data import resolved
from search.cli.options.here import (
    DataHereOption,
    NetworkHereOption,
    TechniqueHereOption,
    WeightsHereOption,
)
from search.cli.options.output import folder_of
from search.cli.options.runs import AtMostOption, EpochsOption, RecipeOption, limits
from search.cli.options.storage import DEFAULT_STORAGE, ReadStorageOption, StudyArgument
from search.cli.options.techniques import custom_code


def code(
    name: StudyArgument,
    recipe: RecipeOption = None,
    at_most: AtMostOption = None,
    epochs: EpochsOption = None,
    data: DataHereOption = None,
    technique: TechniqueHereOption = None,
    network: NetworkHereOption = None,
    weights: WeightsHereOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file to write.  [default: models/NAME.py]"),
    ] = None,
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Write the recommended recipe as a script.

    The script needs Keras and not kouka, and trains as kouka train does.
    """
    unwritten = "no script was written"
    with user_errors(unwritten):
        from search.cli.console import make_console, quiet_optuna
        from search.final.recipe import TaskOptions
        from search.final.script import write_code

        quiet_optuna()
        console = make_console()
        folder = folder_of("models", name)
        file = out or folder.with_name(f"{folder.name}.py")
        with interruptible(unwritten):
            options = TaskOptions(
                recipe, epochs, resolved(data), custom_code(technique, network, weights),
                limits(at_most),
            )  # fmt: skip
            written = write_code(storage, name, file, options)
        console.print(f"Techniques on: {written.recipe}.")
        console.print(f"Trains on: {written.budget}.")
        console.print(f"Script: {file}", soft_wrap=True)
        console.print(f"Run it: python {quote(str(file))}", soft_wrap=True)
