"""`kouka logs`: what a run of a user's program printed."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from search.cli.errors import user_errors
from search.cli.options.storage import DEFAULT_STORAGE, ReadStorageOption, StudyArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from search.reporting.programs import LoggedRun


def logs(
    name: StudyArgument,
    run: Annotated[
        int | None,
        typer.Argument(metavar="RUN", help="The number of a run.  [default: list all runs]"),
    ] = None,
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Show what a run of a program of your own printed.

    Without RUN, list the runs with their results, and show the command of the recommended recipe.
    """
    with user_errors():
        from search.cli.console import on_one_thread

        on_one_thread()
        from search.cli.console import make_console, quiet_optuna
        from search.errors import InputError
        from search.reporting.programs import command_of_recipe, logged_runs
        from search.storage.reading import read
        from search.storage.studies import read_study

        quiet_optuna()
        study = read_study(storage, name)
        results = read(study)
        if results.launched_with().program is None:
            raise InputError(
                f"the runs of {name!r} are kouka's own, and print nothing to show; "
                f"kouka status {quote(name)} says how far they are"
            )
        runs = logged_runs(study, results)
        if run is None:
            console = make_console()
            console.print(_table(runs))
            if command := command_of_recipe(results):
                console.print(f"The recommended recipe: {command}", soft_wrap=True)
            return
        one = next((each for each in runs if each.number == run), None)
        if one is None:
            raise InputError(f"the study {name!r} has no run {run}; it has {len(runs)}, from 0 on")
        _print_output(one)


def _table(runs: Sequence[LoggedRun]) -> Table:
    """The runs, a line each."""
    from rich.text import Text

    from search.cli.fitting_table import FittingTable

    table = FittingTable()
    table.add_column("run", justify="right")
    table.add_column("phase")
    table.add_column("result", overflow="fold")
    table.add_column("techniques on", overflow="fold")
    for run in runs:
        table.add_row(str(run.number), run.phase, Text(run.result), run.recipe)
    return table


def _print_output(run: LoggedRun) -> None:
    """Write a run's output as it was printed, byte for byte."""
    import shutil
    import sys

    from search.commands.process import OUTPUT
    from search.errors import InputError

    if run.folder is None:
        if run.has_ended:
            raise InputError(f"what run {run.number} printed is not kept with this study")
        raise InputError(f"run {run.number} has no output yet")
    file = Path(run.folder) / OUTPUT
    try:
        output = file.open("rb")
    except OSError as error:
        raise InputError(
            f"{file} cannot be read here ({error.strerror}); run {run.number} ran on {run.host}"
        ) from error
    with output:
        shutil.copyfileobj(output, sys.stdout.buffer)
    sys.stdout.buffer.flush()
