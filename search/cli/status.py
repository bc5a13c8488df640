"""`kouka status`: how far studies are."""

from __future__ import annotations

from typing import Annotated

import typer

from search.cli.errors import user_errors
from search.cli.options import DEFAULT_STORAGE, ReadStorageOption


def status(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One study.  [default: all of them]")
    ] = None,
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Show how far studies are."""
    with user_errors():
        from search.analysis.confirmation import confirmation
        from search.analysis.recommendation import recommend
        from search.cli.console import make_console, quiet_optuna
        from search.cli.tables import status_table
        from search.errors import InputError
        from search.reporting.budget import describe_budget
        from search.reporting.words import recommendation
        from search.storage.connection import all_studies, load_study
        from search.storage.reading import read

        quiet_optuna()
        console = make_console()
        if name:
            results = read(load_study(storage, name), objective=1)
            console.print(status_table([results]), describe_budget(results), sep="\n")
            found = recommend(results)
            rows = confirmation(results, found)
            console.print(recommendation(results, found, rows), markup=False)
            return
        readable, unreadable = [], []
        for study in all_studies(storage):
            try:
                readable.append(read(study, objective=1))
            except InputError as error:
                unreadable.append(str(error))
        if readable or not unreadable:
            console.print(status_table(readable) if readable else "There are no studies yet.")
        for reason in unreadable:
            console.print(f"Not listed: {reason}.")
