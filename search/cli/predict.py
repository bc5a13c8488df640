"""`kouka predict`: the classes of files, by a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.cli.errors import interruptible, user_errors


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A folder that kouka train wrote: models/NAME.")
    ],
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE", help="Image or sound files to classify.")
    ],
    top: Annotated[
        int, typer.Option(metavar="COUNT", help="Classes to show of each file, likeliest first.")
    ] = 3,
) -> None:
    """Classify images or sounds."""
    with user_errors("fix that, or train the model again"):
        from model_space.saved.model_card import find
        from model_space.saved.predictor import predict
        from search.cli.console import make_console
        from search.cli.tables import predictions_table
        from search.errors import InputError
        from search.running.hardware import backend_here, check_installed

        if top < 1:
            raise InputError(f"--top {top} is too small; it takes 1 or more")
        check_installed(backend_here())
        with interruptible("nothing was changed"):
            classes, probabilities = predict(model, images)
        if caution := find(model)[1].caution:
            typer.echo(f"Caution: {caution}", err=True)
        make_console().print(predictions_table(images, classes, probabilities, top))
