"""`kouka predict`: the classes of files, by a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.cli.errors import interruptible, user_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

_MOST_NAMED = 5
"""Files that a caution names."""


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A folder that kouka train wrote: models/NAME.")
    ],
    images: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Image or sound files to classify.")
    ],
    top: Annotated[
        int, typer.Option(metavar="COUNT", help="Classes to show of each file, likeliest first.")
    ] = 3,
) -> None:
    """Classify images or sounds."""
    with user_errors("fix that, or train the model again"):
        from model_space.saved.model_card import find
        from model_space.saved.predictor import backend_for, predict
        from search.cli.console import make_console
        from search.errors import InputError
        from search.reporting.formatting import listed_first, one_line
        from search.running.requirements import check_installed

        if top < 1:
            raise InputError(f"--top {top} is too small; it takes 1 or more")
        network, card = find(model)
        check_installed(backend_for(card))
        with interruptible("nothing was changed"):
            found = predict(network, card, images)
        if card.caution:
            typer.echo(f"Caution: {card.caution}", err=True)
        if faint := [one_line(file) for file in found.hardly_seen]:
            typer.echo(
                f"Caution: the model sees next to nothing in {listed_first(faint, _MOST_NAMED)}: "
                "all values lie within a twentieth of the range. They may be scaled otherwise than "
                "those that it was trained on.",
                err=True,
            )
        make_console().print(_table(images, card.classes, found.probabilities, top))


def _table(
    files: Sequence[str],
    classes: Sequence[str],
    probabilities: Sequence[Sequence[float]],
    top: int,
) -> Table:
    """The likeliest classes of each file, in the order of their probabilities."""
    from rich.text import Text

    from search.cli.fitting_table import FittingTable

    table = FittingTable()
    table.add_column("file", overflow="fold")
    table.add_column("class", overflow="fold")
    table.add_column("probability", justify="right", no_wrap=True)
    for file, row in zip(files, probabilities, strict=True):
        ranked = sorted(zip(row, classes, strict=True), key=lambda pair: -pair[0])[:top]
        for place, (probability, name) in enumerate(ranked):
            table.add_row(Text("" if place else file), Text(name), f"{100 * probability:.1f} %")
    return table
