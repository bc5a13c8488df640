"""`kouka predict`: the classes of files, by a trained model."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.cli.errors import interruptible, user_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

_MOST_NAMED = 5
"""Files that a caution names."""


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A folder that kouka train wrote: models/NAME.")
    ],
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE", help="Image or sound files to classify, or folders of them."
        ),
    ],
    top: Annotated[
        int, typer.Option(metavar="COUNT", help="Classes to show of each file, likeliest first.")
    ] = 3,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV to stdout, and all else to stderr.")
    ] = False,
) -> None:
    """Classify images or sounds."""
    with user_errors("fix that, or train the model again"):
        from model_space.saved.model_card import find
        from model_space.saved.predictor import backend_for, predict
        from search.cli.console import make_console
        from search.errors import InputError
        from search.reporting.formatting import counted, listed_first, one_line
        from search.running.requirements import check_installed

        if top < 1:
            raise InputError(f"--top {top} is too small; it takes 1 or more")
        network, card = find(model)
        check_installed(backend_for(card))
        files, left_out = card.preparation.found(images)
        with (
            interruptible("nothing was changed"),
            reading_files(make_console(json=True)) as progress,
        ):
            found = predict(network, card, files, progress)
        if left_out:
            things = "images" if card.sound is None else "sounds"
            left = f"{counted(left_out, 'file')} without a suffix of {things}"
            typer.echo(f"Left out: {left}.", err=True)
        if broken := [one_line(what) for what in found.broken]:
            typer.echo(f"Left out: {listed_first(broken, _MOST_NAMED)}.", err=True)
        if card.caution:
            typer.echo(f"Caution: {card.caution}", err=True)
        if faint := [one_line(file) for file in found.hardly_seen]:
            typer.echo(
                f"Caution: the model sees next to nothing in {listed_first(faint, _MOST_NAMED)}: "
                "all values lie within a twentieth of the range. They may be scaled otherwise than "
                "those that it was trained on.",
                err=True,
            )
        ranked = _ranked(found.files, card.classes, found.probabilities, top)
        if as_csv:
            typer.echo(_csv(ranked), nl=False)
        else:
            make_console().print(_table(ranked))


@contextmanager
def reading_files(console: Console) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how many files are read."""
    from rich.text import Text

    from search.cli.live_display import LiveDisplay

    read = ""

    def progress(done: int, of: int) -> None:
        nonlocal read
        read = f" ({done:,} of {of:,})"

    def show() -> Text:
        return Text(f"Reading the files{read} and running the model …", style="dim")

    with LiveDisplay(console, show) if console.is_terminal else nullcontext():
        yield progress


_Row = tuple[str, int, str, float]
"""A file, the place of a class among the likeliest, from 1, its name and its probability."""


def _ranked(
    files: Sequence[str],
    classes: Sequence[str],
    probabilities: Sequence[Sequence[float]],
    top: int,
) -> Iterator[_Row]:
    """Yield the likeliest classes of each file, in the order of their probabilities."""
    for file, row in zip(files, probabilities, strict=True):
        ranked = sorted(zip(row, classes, strict=True), key=lambda pair: -pair[0])[:top]
        for place, (probability, name) in enumerate(ranked, 1):
            yield file, place, name, probability


def _csv(rows: Iterable[_Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "place", "class", "probability"))
    writer.writerows((*row, f"{probability:.6f}") for *row, probability in rows)
    return text.getvalue()


def _table(rows: Iterable[_Row]) -> Table:
    from rich.text import Text

    from search.cli.fitting_table import FittingTable

    table = FittingTable()
    table.add_column("file", overflow="fold")
    table.add_column("class", overflow="fold")
    table.add_column("probability", justify="right", no_wrap=True)
    for file, place, name, probability in rows:
        table.add_row(Text(file if place == 1 else ""), Text(name), f"{100 * probability:.1f} %")
    return table
