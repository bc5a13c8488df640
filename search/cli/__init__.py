"""The command line: a module for each command, its options, and what the terminal shows."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Annotated

import typer

from search.cli import (
    clock,
    code,
    copying,
    dashboard,
    export,
    launch,
    logs,
    predict,
    status,
    techniques,
    train,
    worker,
)
from search.cli.encoding import replace_unencodable
from search.cli.help import Command, Group, LaunchCommand, StudyCommand
from search.storage.passwords import hide_in_title

app = typer.Typer(
    name="kouka",
    cls=Group,
    help="Which training technique matters on your data, by how many points of accuracy, "
    "how surely, and at what cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Rich would take what is in brackets, such as a default, for a style and drop it.
    rich_markup_mode=None,
)
app.command(cls=LaunchCommand)(launch.launch)
app.command(cls=StudyCommand)(worker.worker)
app.command(cls=StudyCommand)(export.export)
app.command(cls=StudyCommand)(dashboard.dashboard)
app.command(cls=StudyCommand)(copying.copy)
app.command(cls=Command)(techniques.techniques)
app.command(cls=StudyCommand)(status.status)
app.command(cls=StudyCommand)(logs.logs)
app.command(cls=StudyCommand)(train.train)
app.command(cls=StudyCommand)(code.code)
app.command(cls=Command)(predict.predict)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"kouka {version('kouka')}")
        raise typer.Exit


@app.callback()
def _kouka(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the `kouka` command."""
    clock.start()
    _open_streams()
    _collect_rarely()
    hide_in_title()
    replace_unencodable()
    app()


def _open_streams() -> None:
    """Give up what is printed where a stream is closed, rather than the command."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It takes the stream's number, which a database would have else.
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    if os.environ.get("COLUMNS") == "0":  # Rich would print nothing at all
        del os.environ["COLUMNS"]


def _collect_rarely() -> None:
    """Look for unreachable objects after more new ones than Python does, and not at the end.

    Importing and drawing make many objects that stay: looking through them again and again took a
    fifth of an export.
    """
    gc.set_threshold(100_000, 50, 100)
    atexit.register(gc.freeze)
