"""`kouka copy`: a study's copy in another storage."""

from __future__ import annotations

from shlex import quote
from typing import Annotated

import typer

from search.cli.errors import user_errors
from search.cli.options.storage import DEFAULT_STORAGE, ReadStorageOption, StudyArgument, as_url


def copy(
    name: StudyArgument,
    to: Annotated[
        str,
        typer.Option(
            metavar="URL|FILE",
            callback=as_url,
            help="The database to copy it to: an SQLAlchemy URL or an SQLite file.",
        ),
    ],
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Copy a study to another storage.

    The copy has everything: runs, settings, figures and notes.
    """
    from search.storage.urls import redact

    kept = f"the study is as it was, and {redact(to)} has no copy of it"
    removed = f"optuna delete-study --study-name {quote(name)} --storage {quote(redact(to))}"
    remedy = f"make room there, remove it with {removed}, and copy it again"
    with user_errors(remedy, kept):
        from search.cli.console import quiet_optuna
        from search.reporting.formatting import counted
        from search.storage.copying import copy
        from search.storage.tracked_by_git import caution

        quiet_optuna()
        trials = copy(storage, name, to)
        print(f"Copied {name} with its {counted(trials, 'run')} to {redact(to)}.")
        if note := caution(to):
            print(note)
